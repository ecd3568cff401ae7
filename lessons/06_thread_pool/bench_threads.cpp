// The same slow pages with 1 to 1,000 threads: where the gain ends, and what it costs.
// The rung's own program is measured from outside, as a whole.

#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    std::chrono::milliseconds delay{100};
    ladder::option_parser options{"bench_threads", "Slow pages with 1 to 1,000 threads."};
    options.duration("--delay", &delay, "of each page",
                     {.least = {}, .most = std::chrono::seconds{10}, .bare = "ms"});
    if (const auto status = options.parse(argc, argv)) return *status;

    ladder::raise_descriptor_limit(); // a thousand threads have a thousand sockets
    const ladder::slow_server server;
    const std::string url = server.url(fmt::format("/delay/{}", delay.count()));
    fmt::print("pages of {} ms\n\nthreads   pages/s     gain   CPU/page   switches/page"
               "     memory   in flight\n",
               delay.count());
    const std::string program = LADDER_BIN_DIR "/06_thread_pool";
    double one = 0;
    for (const std::size_t threads : {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}) {
        const std::size_t pages = std::max<std::size_t>(10, threads * 10);
        std::string urls;
        for (std::size_t i = 0; i < pages; ++i)
            urls += url + '\n';
        const ladder::temporary_file list{urls};
        server.reset_stats();
        const auto cost = ladder::measure(
            std::vector<std::string>{program, "fetch", "-i", list.path(), "--in-flight",
                                     std::to_string(threads), "--timeout", "30",
                                     "--quiet"},
            {.stdout_to = "/dev/null"});
        if (cost.exit_status != 0) throw std::runtime_error{"a page failed"};
        const auto count = static_cast<double>(pages);
        const double rate = count / std::chrono::duration<double>{cost.command}.count();
        if (threads == 1) one = rate;
        fmt::print(
            "{:>7} {:>9.0f} {:>6.0f} × {:>7.0f} µs {:>15.1f} {:>7.1f} MB {:>11}\n",
            threads, rate, rate / one, static_cast<double>(cost.cpu.count()) / count,
            static_cast<double>(cost.voluntary_switches + cost.involuntary_switches) /
                count,
            static_cast<double>(cost.peak_memory) / 1e6, server.stats().peak_in_flight);
        std::fflush(stdout);
    }
}
