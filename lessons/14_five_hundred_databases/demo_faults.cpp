// What is fair, and what a host can do instead of answering.

#include "database.hpp"
#include "processes/child_process.hpp"
#include "processes/pipe.hpp"
#include "question.hpp"
#include "race.hpp"
#include "ways.hpp"
#include "workbench/demo.hpp"
#include "workbench/option_parser.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

namespace ladder::five_hundred_databases {

namespace {

/// The only option of these demos; returns what option_parser::parse does.
std::optional<int> parse_stand_in(arguments given, const char* demo, bool& stand_in) {
    option_parser options{demo, "One of the demos of rung 14."};
    options.flag("--stand-in", &stand_in, "not MariaDB, even if there is one");
    return options.parse(given);
}

/// A way as a program that runs beside this one.
class running_way {
public:
    explicit running_way(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(),
                         {LADDER_BIN_DIR "/14_five_hundred_databases", "way"});
        auto [from, to] = processes::make_pipe();
        process_ = processes::child_process::spawn(arguments, {.output = to.get()});
        output_ = std::move(from);
    }

    bool ended() { return process_->try_wait().has_value(); }

    answers result() {
        const auto said = boost::json::parse(processes::read_all(output_.get()));
        process_->wait();
        answers all{.good = said.at("good").to_number<std::size_t>(), .errors = {}};
        for (const auto& [what, count] : said.at("errors").as_object())
            all.errors[what] = count.to_number<std::size_t>();
        return all;
    }

private:
    std::optional<processes::child_process> process_;
    processes::unique_fd output_;
};

} // namespace

/// The thread pool as it was once measured, and with as many in flight as the coroutines.
int show_equal(arguments given) {
    bool stand_in = false;
    if (const auto status = parse_stand_in(given, "equal", stand_in)) return *status;
    const auto server = open_database(stand_in, stdout);
    observer observer{server->port()};
    warm_up(*server);
    double threads = 0, coroutines = 0;
    for (contestant& one :
         contestants({.ways = {"thread_pool", "coroutines"}, .python = false})) {
        const bool pool = one.name == "thread_pool";
        const lap result = run(one, *server, observer);
        fmt::print("{:<12} {:>3} in flight   {:.2f} s\n", pool ? "thread pool" : one.name,
                   one.in_flight, result.seconds);
        if (one.equal) (pool ? threads : coroutines) = result.seconds;
    }
    fmt::print("\nwith the same number in flight, threads take {:.1f} times as long\n",
               threads / coroutines);
    return 0;
}

/// A database that dies half-way: for each way, how many hosts answered, and what the
/// others said.
int show_dying(arguments given) {
    bool stand_in = false;
    if (const auto status = parse_stand_in(given, "dies", stand_in)) return *status;
    fmt::print(
        "500 hosts, 50 in flight; the database is killed when it has seen 200\n\n");
    bool all_counted = true;
    for (const char* name : {"thread_pool", "fibers"}) {
        const auto server = open_database(stand_in, stdout);
        std::optional<observer> observer{std::in_place, server->port()};
        const auto before = observer->counters().connections;
        running_way way{
            {name, "--port", std::to_string(server->port()), "--in-flight", "50"}};
        while (observer->counters().connections < before + 200 && !way.ended()) {
        }
        server->kill();
        const answers all = way.result();
        fmt::print("\n{} {:>3} answered, {:>3} did not:\n", name, all.good, all.failed());
        for (const auto& [error, count] : all.errors)
            fmt::print("    {:>3} {}\n", count, error);
        all_counted = all_counted && all.good + all.failed() == all_hosts;
    }
    fmt::print("\nevery host is counted once: {}\n", all_counted ? "yes" : "no");
    return all_counted ? 0 : 1;
}

int show_errors(arguments given) {
    bool stand_in = false;
    if (const auto status = parse_stand_in(given, "errors", stand_in)) return *status;
    const auto server = open_database(stand_in, stdout);
    observer observer{server->port()};
    const auto show = [&](const char* title, question q) {
        q.port = q.port == 0 ? server->port() : q.port;
        q.hosts = q.in_flight = 1;
        const answers all = fibers(q);
        const std::string said = all.errors.empty() ? "" : all.errors.begin()->first;
        fmt::print("{:<20} {}\n", title, said.empty() ? "an answer" : said.substr(0, 60));
    };
    fmt::print("\n");
    show("a host that is well", {});
    show("nobody listens there", {.first = all_hosts + 100});
    show("a wrong user", {.user = "nobody"});
    show("a wrong query", {.query = "selec 1"});
    show("no answer in 200 ms",
         {.query = "select sleep(2)", .timeout = std::chrono::milliseconds{200}});
    const auto seen = observer.counters();
    fmt::print("\nthe server: {} refused to log in\n", seen.aborted_connects);
    return 0;
}

} // namespace ladder::five_hundred_databases
