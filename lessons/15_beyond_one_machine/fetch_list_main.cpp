// fetch_list: the ends of a list that many machines fetch.

#include "fetcher/kill_order.hpp"
#include "fetcher/list_lines.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/yield.hpp"
#include "job_report.hpp"
#include "list_keeper.hpp"
#include "processes/unique_fd.hpp"
#include "queue_options.hpp"
#include "workbench/last_error.hpp"
#include "workbench/option_parser.hpp"

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <unistd.h>

using namespace ladder;
using namespace ladder::beyond_one_machine;
using namespace std::chrono_literals;

namespace {

struct order {
    queue_options queue;
    std::string input = "-", results;
    std::uint64_t batch_size = 500, ahead = 4'000;
    bool json = false;
};

void pause(fibers_on_asio::event_loop& loop, std::chrono::milliseconds time) {
    boost::asio::steady_timer timer{loop.context(), time};
    timer.async_wait(fibers_on_asio::yield);
}

/// Not further ahead of the machines than that: a database is no place for the whole web.
void wait_for_room(loader& into, const order& o, fibers_on_asio::event_loop& loop) {
    if (o.batch_size == 0 || into.lines() % (o.batch_size * 100) != 0) return;
    for (bool told = false; into.ready() >= o.ahead; told = true) {
        if (!told)
            fmt::print(stderr,
                       "fetch_list: {} batches wait for machines; so do we (--ahead)\n",
                       o.ahead);
        pause(loop, 500ms);
    }
}

int load(const order& o, sql& database, fibers_on_asio::event_loop& loop) {
    const processes::unique_fd in{o.input == "-"
                                      ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                      : ::open(o.input.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!in) throw last_error(o.input);
    loader into{database, o.queue.about.job, o.batch_size};
    fetcher::list_lines lines;
    std::string block(64 << 10, '\0');
    ssize_t size = 0;
    do {
        size = ::read(in.get(), block.data(), block.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) throw last_error(o.input);
        if (size == 0)
            lines.end();
        else
            lines.append({block.data(), static_cast<std::size_t>(size)});
        while (const auto url = lines.next()) {
            into.add(lines.number(), fetcher::without_comment(*url));
            wait_for_room(into, o, loop);
        }
    } while (size != 0);
    if (into.lines() == 0) throw std::invalid_argument{o.input + " has no URL"};
    into.end();
    fmt::print(stderr, "fetch_list: {} URLs loaded\n", into.lines());
    return 0;
}

int drain(const order& o, sql& database, fibers_on_asio::event_loop& loop) {
    if (o.results.empty()) throw std::invalid_argument{"it takes --results FILE"};
    drainer from{database, o.queue.about.job, o.results};
    for (;;) {
        const bool last = from.finished(); // before we look: so nothing comes after
        if (from.drain() > 0) continue;
        if (last) return 0;
        pause(loop, 300ms);
    }
}

int status(const order& o, sql& database) {
    const auto seen = look_at_job(database, o.queue.about.job);
    fmt::print("{}", o.json ? status_json(seen) : status_text(seen));
    return 0;
}

int audit(const order& o, sql& database) {
    if (!o.results.empty() && ::access(o.results.c_str(), R_OK) != 0)
        throw last_error(o.results);
    const auto wrong = audit_job(database, o.queue.about.job, o.results);
    for (const std::string& what : wrong)
        fmt::print("{}\n", what);
    if (wrong.empty()) fmt::print("every URL has its outcome, once\n");
    return wrong.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) try {
    fetcher::obey_kill_order(queue_points());
    order o;
    option_parser options{"fetch_list",
                          "The ends of a list that many machines fetch with: "
                          "fetcher --queue URL --job NAME"};
    auto& loading = options.command("load", "puts a list into the queue");
    loading.text("-i,--input", &o.input, "one URL a line; - for stdin").value("FILE");
    loading.number("--batch", &o.batch_size, "URLs that a machine takes at a time",
                   {1, 100'000});
    loading.number("--ahead", &o.ahead, "batches that may wait for machines",
                   {1, 1'000'000'000});
    auto& draining = options.command("drain", "writes the results, until all are there");
    draining.text("--results", &o.results, "lines of JSON, each URL's once")
        .value("FILE");
    auto& looking = options.command("status", "machines, rates, time left");
    looking.flag("--json", &o.json, "for programs");
    auto& auditing = options.command("audit", "does every URL have its outcome, once?");
    auditing.text("--results", &o.results, "also in this file").value("FILE");
    auto& forgetting = options.command("forget", "removes the job from the database");
    for (option_parser* each : {&loading, &draining, &looking, &auditing, &forgetting})
        o.queue.add_to(*each);
    if (const auto ended = options.parse(argc, argv)) return *ended;
    if (argc == 1)
        throw std::invalid_argument{
            "load, drain, status, audit or forget? (--help shows how)"};
    if (const std::string wrong = o.queue.complaint(); !wrong.empty())
        throw std::invalid_argument{wrong};

    fibers_on_asio::event_loop loop;
    sql database{loop.context(), o.queue.address(), patiently("fetch_list")};
    if (loading.chosen()) return load(o, database, loop);
    if (draining.chosen()) return drain(o, database, loop);
    if (looking.chosen()) return status(o, database);
    if (auditing.chosen()) return audit(o, database);
    forget_job(database, o.queue.about.job);
    return 0;
} catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "fetch_list: %s\n", error.what());
    return 2;
} catch (const std::exception& error) {
    std::fprintf(stderr, "fetch_list: %s\n", error.what());
    return 1;
}
