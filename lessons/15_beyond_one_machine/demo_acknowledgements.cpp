// The database is killed in the middle of an acknowledgement, again and again, at two
// moments: before it is asked to commit, and when it was asked but has not answered. Its
// owner finds out what became of it.

#include "cluster.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "job_report.hpp"
#include "list_keeper.hpp"
#include "no_database.hpp"
#include "queue.hpp"
#include "workbench/demo.hpp"
#include "workbench/interleave.hpp"
#include "workbench/option_parser.hpp"

#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace ladder::beyond_one_machine {

namespace {

/// One for the process, as points are. It comes to the point twice for each batch, and
/// lets the second time pass.
struct killer {
    cluster& servers;
    int arrivals = 0, before_commit = 0, before_answer = 0;
    boost::fibers::fiber later{};

    void restart() {
        servers.kill(1);
        servers.start(1);
    }

    void arrive() {
        if (later.joinable()) later.join();
        if (arrivals++ % 2 == 1) return;
        if (before_commit == before_answer) {
            ++before_commit;
            restart();
        } else {
            ++before_answer;
            servers.freeze(1); // the commit will reach it, and be read by nobody
            later = boost::fibers::fiber{[this] { restart(); }}; // when its owner waits
        }
    }
};

killer* the_killer = nullptr;

void at(std::string_view point) noexcept {
    if (point == "queue: before the commit") the_killer->arrive();
}

} // namespace

int show_acknowledgements(arguments given) {
    std::uint64_t deaths = 20;
    option_parser options{"acknowledgements",
                          "Kills the database in the middle of them."};
    options.number("--deaths", &deaths, "how many", {1, 1'000});
    if (const auto ended = options.parse(given)) return *ended;
    if (there_is_no_database()) return no_database;

    cluster servers;
    auto address = parse_queue_address(servers.url());
    address.password = cluster::password;
    fibers_on_asio::event_loop loop;
    sql database{loop.context(), address};
    loader list{database, "june", 10};
    for (std::uint64_t n = 1; n <= 10 * deaths; ++n)
        list.add(n, fmt::format("http://host/{}", n));
    list.end();

    killer k{servers};
    the_killer = &k;
    queue q{database, {"june", "A"}};
    for (const batch& b : q.claim(deaths)) {
        interleave::observe(at);
        const bool recorded = q.acknowledge(b, fmt::format("{{\"n\":{}}}\n", b.first));
        interleave::observe(nullptr);
        if (!recorded) fmt::print("batch {} was refused\n", b.first);
    }
    if (k.later.joinable()) k.later.join();
    fmt::print("the database was killed in the middle of {} acknowledgements:\n"
               "{} times before it was asked to commit, {} times before its answer\n",
               k.before_commit + k.before_answer, k.before_commit, k.before_answer);
    const auto wrong = audit_job(database, "june", "");
    for (const std::string& what : wrong)
        fmt::print("{}\n", what);
    if (wrong.empty()) fmt::print("every URL has its outcome, once\n");
    return wrong.empty() ? 0 : 1;
}

} // namespace ladder::beyond_one_machine
