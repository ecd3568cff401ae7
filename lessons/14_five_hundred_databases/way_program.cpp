// No Asio here: this is linked into programs on epoll and on io_uring.

#include "way_program.hpp"

#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/text.hpp"

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

    option_parser options{"way", "Asks many databases, in one way."};
    options.choice("WAY", &name, names, "how to wait").required();
    options.number("--port", &q.port, "of every host", {1}).required();
    options.number("--first", &q.first, "number of the first host", {});
    options.number("--hosts", &q.hosts, "how many", {1, 65'000});
    options.number("--in-flight", &q.in_flight, "asked and not yet answered, at most",
                   {1});
    options.number("--processes", &q.processes, "for processes_and_fibers", {1, 1'000});
    options.text("--query", &q.query, "what to ask");
    options.text("--user", &q.user, "who asks, without a password");
    options.duration("--timeout", &q.timeout, "for a host; not where calls block");
    if (const auto status = options.parse(arguments)) return *status;

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
