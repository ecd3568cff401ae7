// How many pages one thread fetches in a second when nobody is slow, and what each costs
// it: with connections that stay, and with a new one for each page. The server is another
// process, which wants a core of its own.

#include "event_loop.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

using namespace ladder;

namespace {

void measure(std::string_view what, const slow_server& server, std::string_view target,
             std::size_t count) {
    const std::vector<std::string> urls(count, server.url(target));
    const stopwatch watch;
    const auto pages = event_loop::fetch_all(urls, {.in_flight = 64});
    const usage cost = watch.elapsed();
    std::size_t failed = 0;
    for (const page& p : pages)
        failed += p.status != 200 ? 1 : 0;
    const auto n = static_cast<double>(count);
    const auto us = [](auto time) { return static_cast<double>(time.count()); };
    fmt::print(
        "{:<24} {:>6} pages, {} failed, {:>6.0f} a second, {:>5.1f} µs of CPU each\n",
        what, count, failed, n / us(cost.wall) * 1e6, us(cost.cpu) / n);
}

} // namespace

int main(int argc, char** argv) {
    option_parser options{"bench_requests", "Pages a second that one thread fetches."};
    if (const auto status = options.parse(argc, argv)) return *status;
    const slow_server server;
    measure("kept connections", server, "/page/1", 50'000);
    measure("a connection for each", server, "/close", 10'000);
}
