// One client on one core, one server on another: the same pages on the loops of rungs 09
// to 11, and on those of Python (bench_loops.py). Each contestant is a program of its
// own. What starting it costs is measured with a single page, and taken off.

#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using ladder::measurement;

namespace {

constexpr int server_core = 0, client_core = 1;
constexpr int not_installed = 3; // what bench_loops.py says then
const std::string script =
    LADDER_BIN_DIR "/../../lessons/11_fibers_on_asio/bench_loops.py";

struct options {
    std::size_t pages = 2'000;
    std::size_t times = 10;
    std::size_t in_flight = 64;
    int rounds = 5;
};

std::string list(const ladder::slow_server& server, std::size_t pages,
                 std::size_t times) {
    std::string urls;
    for (std::size_t i = 0; i < times * pages; ++i)
        urls += server.url(fmt::format("/page/{}", i % pages)) + '\n';
    return urls;
}

struct sample {
    double per_second, cpu_us, megabytes;
};

double median(const std::vector<sample>& all, double sample::*what) {
    std::vector<double> values;
    values.reserve(all.size());
    for (const sample& one : all)
        values.push_back(one.*what);
    std::ranges::sort(values);
    return values.at(values.size() / 2);
}

struct contestant {
    std::string name;
    std::string program;     ///< A rung's; empty: Python's.
    std::string python = {}; ///< How bench_loops.py calls it.
    std::string missing;     ///< What to say when it is not there.
    std::vector<sample> samples = {};
    std::string left_out = {}; ///< Why.

    sample median() const {
        return {::median(samples, &sample::per_second),
                ::median(samples, &sample::cpu_us),
                ::median(samples, &sample::megabytes)};
    }
};

class bench {
public:
    explicit bench(const options& o)
        : options_(o),
          one_(list(server_, 1, 1)),
          many_(list(server_, o.pages, o.times)) {
        ladder::pin_to_core(server_core, server_.pid());
    }

    void run(contestant& who) const {
        const auto start = run(who, one_);
        if (!start) return;
        server_.reset_stats();
        const auto all = run(who, many_);
        if (!all) return;
        const std::size_t count = options_.pages * options_.times;
        if (server_.stats().requests != count) {
            who.left_out = fmt::format("asked {} times for {} pages",
                                       server_.stats().requests, count);
            return;
        }
        const std::chrono::duration<double> wall = all->command - start->command;
        const auto cpu = static_cast<double>((all->cpu - start->cpu).count());
        const auto n = static_cast<double>(count - 1);
        who.samples.push_back(
            {n / wall.count(), cpu / n, static_cast<double>(all->peak_memory) / 1e6});
    }

private:
    /// Nothing when it did not work; then it is left out.
    std::optional<measurement> run(contestant& who,
                                   const ladder::temporary_file& urls) const {
        const auto in_flight = std::to_string(options_.in_flight);
        std::vector<std::vector<std::string>> commands;
        if (who.python.empty())
            commands = {{who.program, "fetch", "-q", "--in-flight", in_flight, "-i",
                         urls.path()}};
        else // the system's packages belong to the system's Python
            for (const char* python : {"python3", "/usr/bin/python3"})
                commands.push_back({python, script, who.python, urls.path(), in_flight});
        who.left_out = who.missing;
        for (const auto& command : commands)
            try {
                const auto m = ladder::measure(
                    command, {.stdout_to = "/dev/null", .cpu = client_core});
                if (m.exit_status == 0) {
                    who.left_out.clear();
                    return m;
                }
                if (m.exit_status != not_installed)
                    who.left_out = fmt::format("ended with status {}", m.exit_status);
            } catch (const std::system_error&) { // no such program
            }
        return {};
    }

    options options_;
    ladder::slow_server server_;
    ladder::temporary_file one_, many_;
};

void print(const std::vector<contestant>& all) {
    fmt::print("{:<26} {:>9} {:>12} {:>11}\n", "", "a second", "CPU each", "memory");
    for (const contestant& one : all) {
        if (!one.left_out.empty()) {
            fmt::print("{:<26} left out: {}\n", one.name, one.left_out);
            continue;
        }
        const sample s = one.median();
        fmt::print("{:<26} {:>9.0f} {:>9.1f} µs {:>8.1f} MB\n", one.name, s.per_second,
                   s.cpu_us, s.megabytes);
    }
    for (const contestant& python : all) {
        if (python.python.empty() || !python.left_out.empty()) continue;
        const sample p = python.median();
        fmt::print("\nagainst {}:\n", python.name);
        for (const contestant& one : all)
            if (one.python.empty() && one.left_out.empty())
                fmt::print("{:<26} {:>7.1f} × {:>9.1f} × less {:>6.1f} × less\n",
                           one.name, one.median().per_second / p.per_second,
                           p.cpu_us / one.median().cpu_us,
                           p.megabytes / one.median().megabytes);
    }
}

} // namespace

int main(int argc, char** argv) try {
    options o;
    ladder::option_parser options{"bench_loops",
                                  "Rungs 09 to 11 and Python's loops, on one core each."};
    options.number("--pages", &o.pages, "different ones", {1});
    options.number("--times", &o.times, "how often each is asked for in a run", {1});
    options.number("--in-flight", &o.in_flight, "at the same time", {1});
    options.number("--rounds", &o.rounds, "medians of so many", {1});
    if (const auto status = options.parse(argc, argv)) return *status;
    if (ladder::usable_cores() < 2)
        throw std::runtime_error{"it takes two cores: one for the server"};

    const std::string bin = LADDER_BIN_DIR "/";
    std::vector<contestant> all{
        {.name = "09 event loop",
         .program = bin + "09_event_loop",
         .missing = "not built"},
        {.name = "10 asio, callbacks",
         .program = bin + "10_asio_callbacks",
         .missing = "not built"},
        {.name = "10 asio, coroutines",
         .program = bin + "10_asio",
         .missing = "not built"},
        {.name = "10 asio, on io_uring",
         .program = bin + "10_asio_uring",
         .missing = "not built, it needs liburing: ./learn install bench"},
        {.name = "11 fibers on asio",
         .program = bin + "11_fibers_on_asio",
         .missing = "not built"},
        {.name = "Python asyncio, streams",
         .program = {},
         .python = "asyncio",
         .missing = "no python3: apt-get install python3"},
        {.name = "Python aiohttp on uvloop",
         .program = {},
         .python = "aiohttp",
         .missing = "apt-get install python3-aiohttp python3-uvloop"},
        {.name = "Python gevent, http.client",
         .program = {},
         .python = "gevent",
         .missing = "apt-get install python3-gevent"},
        {.name = "Python gevent, requests",
         .program = {},
         .python = "requests",
         .missing = "apt-get install python3-gevent python3-requests"}};
    fmt::print("{} pages, {} times each, {} in flight, one core; medians of {}\n\n",
               o.pages, o.times, o.in_flight, o.rounds);
    const bench b{o};
    for (int round = 0; round < o.rounds; ++round) // in turns: the machine drifts
        for (contestant& one : all)
            if (round == 0 || one.left_out.empty()) b.run(one);
    print(all);
    return 0;
} catch (const std::exception& error) {
    fmt::print(stderr, "bench_loops: {}\n", error.what());
    return 1;
}
