// Very many pages at the same time, in one thread.

#include "fibers_on_asio.hpp"
#include "workbench/demo.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"

#include <fmt/format.h>

namespace ladder::fibers_on_asio {

int show_many(arguments given) {
    std::size_t count = 10'000, in_flight = 10'000;
    std::chrono::milliseconds delay{100};
    option_parser options{"many", "Thousands of pages at the same time."};
    options.number("--count", &count, "pages", {1});
    options.duration("--delay", &delay, "of each page",
                     {.least = {}, .most = std::chrono::minutes{1}, .bare = "ms"});
    options.number("--in-flight", &in_flight, "pages at the same time", {1});
    if (const auto status = options.parse(given)) return *status;
    raise_descriptor_limit(); // before the server, which inherits it
    const slow_server server;
    const std::vector<std::string> urls(
        count, server.url(fmt::format("/delay/{}", delay.count())));

    const stopwatch watch;
    const auto pages = fetch_all(urls, {.in_flight = in_flight});
    const auto used = watch.elapsed();

    std::size_t failed = 0;
    for (const page& page : pages)
        failed += page.status != 200;
    fmt::print("{} pages, {} failed, {} in flight at most\n", count, failed,
               server.stats().peak_in_flight);
    fmt::print("{:.2f} s, {:.2f} s of CPU, {} MB at most, {} thread\n",
               seconds(used.wall), seconds(used.cpu),
               number_in("/proc/self/status", "VmHWM") / 1024,
               number_in("/proc/self/status", "Threads"));
    return failed == 0 ? 0 : 1;
}

} // namespace ladder::fibers_on_asio
