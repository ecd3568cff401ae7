// No Asio here: this is linked into programs on epoll and on io_uring.

#include "way_program.hpp"

#include "machine_limits.hpp"
#include "text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <vector>

namespace ladder::five_hundred_databases {

int run_way(std::span<const way> ways, std::span<const std::string> arguments) {
    question q;
    std::string name;
    std::vector<std::string> names;
    for (const way& one : ways)
        names.emplace_back(one.name);
    double timeout = 30;

    CLI::App app{"Asks many databases, in one way."};
    app.name("way");
    app.add_option("WAY", name, "how to wait")->required()->check(CLI::IsMember(names));
    app.add_option("--port", q.port, "of every host")
        ->required()
        ->check(CLI::Range(1, 65535));
    app.add_option("--first", q.first, "number of the first host");
    app.add_option("--hosts", q.hosts, "how many")->check(CLI::Range(1, 65'000));
    app.add_option("--in-flight", q.in_flight, "asked and not yet answered, at most")
        ->check(CLI::PositiveNumber);
    app.add_option("--processes", q.processes, "for processes_and_fibers")
        ->check(CLI::Range(1, 1'000));
    app.add_option("--query", q.query, "what to ask");
    app.add_option("--user", q.user, "who asks, without a password");
    app.add_option("--timeout", timeout, "for a host, in seconds; not where calls block")
        ->check(CLI::PositiveNumber);
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    q.timeout = std::chrono::milliseconds{static_cast<long long>(timeout * 1000)};

    raise_descriptor_limit(); // five hundred connections, and a few more
    const auto& chosen = *std::ranges::find(ways, std::string_view{name}, &way::name);
    answers all;
    std::chrono::duration<double> time{};
    try {
        // [time]
        const auto start = std::chrono::steady_clock::now();
        all = chosen.ask(q); // returns when the last answer is there
        time = std::chrono::steady_clock::now() - start;
        // [/time]
    } catch (const std::exception& error) { // e.g. the kernel gives no more processes
        fmt::print("{{\"failure\":{}}}\n", json_string(error.what()));
        return 1;
    }

    std::string errors;
    for (const auto& [error, count] : all.errors)
        errors +=
            fmt::format("{}{}:{}", errors.empty() ? "" : ",", json_string(error), count);
    fmt::print("{{\"seconds\":{:.6f},\"good\":{},\"errors\":{{{}}}}}\n", time.count(),
               all.good, errors);
    return 0;
}

} // namespace ladder::five_hundred_databases
