// Demos that fetch: how long a thousand waits take, what they look like, what the kernel
// is asked meanwhile, and what happens when there are too few descriptors.

#include "event_loop.hpp"
#include "workbench/demo.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/temporary.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include <sys/resource.h>

namespace ladder::event_loop {

namespace {

constexpr std::size_t count = 1'000;
constexpr auto usual_delay = std::chrono::milliseconds{100};

std::ptrdiff_t failed(const std::vector<page>& pages) {
    return std::ranges::count_if(
        pages, [](const page& p) { return p.error || p.status != 200; });
}

} // namespace

int show_thousand(arguments given) {
    std::chrono::milliseconds delay = usual_delay;
    option_parser options{"thousand", "A thousand pages at the same time."};
    options.duration("DELAY", &delay, "of each page",
                     {.least = {}, .most = std::chrono::minutes{1}, .bare = "ms"});
    if (const auto status = options.parse(given)) return *status;
    const slow_server server;
    const auto urls = server.pages(count, delay);
    const descriptor_limit limit{RLIM_INFINITY};

    const stopwatch watch;
    const auto pages = fetch_all(urls, {.in_flight = count});
    const usage cost = watch.elapsed();

    const double wall = seconds(cost.wall), cpu = seconds(cost.cpu);
    fmt::print("{} pages, {} ms late each: {} failed, {} in flight at most\n", count,
               delay.count(), failed(pages), server.stats().peak_in_flight);
    fmt::print("{:.2f} s on the clock, {:.1f} × the delay of one; {:.2f} s of CPU\n",
               wall, wall / seconds(delay), cpu);
    fmt::print("{} thread, which slept {} times\n",
               number_in("/proc/self/status", "Threads"), cost.voluntary_switches);
    return failed(pages) == 0 ? 0 : 1;
}

int show_ten() {
    const slow_server server;
    const timeline::recording recording;
    const auto pages = fetch_all(server.pages(10), {.in_flight = 10});
    fmt::print("{}", timeline::draw_terminal(recording.intervals()));
    return failed(pages) == 0 ? 0 : 1;
}

int show_calls() {
    const slow_server server;
    const descriptor_limit limit{RLIM_INFINITY};
    std::string list;
    for (const std::string& url : server.pages(count))
        list += url + '\n';

    // This program once more, with its demo `fetch`, under strace. It has one thread.
    const std::string command = fmt::format(
        "strace -c -U name,calls -o '|cat' '{}' fetch --quiet --in-flight {} -i - 2>&1",
        LADDER_BIN_DIR "/09_event_loop", count);
    const temporary_file file{list};
    const std::unique_ptr<FILE, int (*)(FILE*)> output{
        ::popen((command + " <'" + file.path() + '\'').c_str(), "r"), ::pclose};
    std::string text;
    std::array<char, 4096> buffer{};
    for (std::size_t size = 0;
         (size = std::fread(buffer.data(), 1, buffer.size(), output.get())) > 0;)
        text.append(buffer.data(), size);

    std::map<std::string, long> calls;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string call;
        long times = 0;
        if (words >> call >> times) calls[call] = times;
    }
    if (calls["epoll_wait"] == 0) {
        fmt::print("This needs strace, and the right to use it. It said:\n{}", text);
        return 1;
    }
    fmt::print("{} requests in one thread, {} ms each; its system calls:\n\n", count,
               usual_delay.count());
    for (const std::string call : {"socket", "connect", "epoll_ctl", "getsockopt",
                                   "sendto", "recvfrom", "close", "epoll_wait"})
        fmt::print("{:<12} {:>6}\n", call, calls[call]);
    fmt::print("\nIt waited {} times for {} answers.\n", calls["epoll_wait"], count);
    return 0;
}

int show_limit() {
    const slow_server server;
    const auto urls = server.pages(count);
    const descriptor_limit limit{64};

    const auto pages = fetch_all(urls, {.in_flight = count});

    fmt::print("{} pages, {} in flight wanted, a limit of 64 descriptors:\n"
               "{} failed, {} in flight at most\n",
               count, count, failed(pages), server.stats().peak_in_flight);
    return failed(pages) == 0 ? 0 : 1;
}

} // namespace ladder::event_loop
