// Demos that fetch: a thousand waits, batches and a window, connections that stay.

#include "asio.hpp"
#include "asio_callbacks.hpp"
#include "workbench/demo.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <sys/resource.h>

namespace ladder::asio {

namespace {

using std::chrono::milliseconds;

std::ptrdiff_t failed(const std::vector<page>& pages) {
    return std::ranges::count_if(
        pages, [](const page& p) { return p.error || p.status != 200; });
}

constexpr std::size_t at_most = 4;

// Each batch waits for its slowest page. `clock` begins with each of them.
std::vector<page> in_batches(std::span<const std::string> urls, stopwatch& clock) {
    std::vector<page> pages;
    for (std::size_t i = 0; i < urls.size(); i += at_most) {
        clock = {};
        for (page& p : fetch_all(urls.subspan(i, std::min(at_most, urls.size() - i)),
                                 {.in_flight = at_most}))
            pages.push_back(std::move(p));
    }
    return pages;
}

// When a page ends, the next one begins.
std::vector<page> in_a_window(std::span<const std::string> urls) {
    return fetch_all(urls, {.in_flight = at_most});
}

} // namespace

int show_thousand() {
    constexpr std::size_t count = 1'000;
    constexpr milliseconds delay{100};
    const descriptor_limit all{RLIM_INFINITY};
    const slow_server server;
    const auto urls = server.pages(count, delay);

    fmt::print("{} pages, {} ms late each, in one thread, connecting included:\n\n",
               count, delay.count());
    bool well = true;
    const auto run = [&](std::string_view name, fetch_all_function how) {
        server.reset_stats();
        const stopwatch watch;
        const auto pages = how(urls, {.in_flight = count});
        const double wall = seconds(watch.elapsed().wall),
                     cpu = seconds(watch.elapsed().cpu);
        fmt::print("{:<11} {:.2f} s, {:.1f} × the delay of one; {:.2f} s of CPU; "
                   "{} failed, {} in flight\n",
                   name, wall, wall / seconds(delay), cpu, failed(pages),
                   server.stats().peak_in_flight);
        well = well && failed(pages) == 0;
    };
    run("callbacks", asio_callbacks::fetch_all);
    run("coroutines", fetch_all);
    return well ? 0 : 1;
}

int show_batches() {
    constexpr std::size_t count = 16;
    const slow_server server;
    std::vector<std::string> urls; // in every four of them one that is slow
    for (std::size_t i = 0; i < count; ++i)
        urls.push_back(server.url(fmt::format("/page/{}?delay={}", i, i % 4 ? 50 : 300)));

    std::array<timeline::panel, 2> drawing{
        {{.title = "batches of four"}, {.title = "a window of four"}}};
    const auto run = [&](timeline::panel& drawn, auto how) {
        const timeline::recording recording;
        const stopwatch watch;
        const auto pages = how(urls);
        const double wall = seconds(watch.elapsed().wall);
        drawn.intervals = recording.intervals();
        fmt::print("{:<17} {:.2f} s, {} failed\n", drawn.title, wall, failed(pages));
        return wall;
    };
    stopwatch last_batch;
    const auto batches = run(drawing[0], [&](std::span<const std::string> all) {
        return in_batches(all, last_batch);
    });
    fmt::print("  by a clock that each batch starts: {:.2f} s\n",
               seconds(last_batch.elapsed().wall));
    const auto window = run(drawing[1], in_a_window);
    fmt::print("batches take {:.1f} times as long\n\n{}", batches / window,
               timeline::draw_terminal(drawing));
    return 0;
}

int show_keep() {
    constexpr std::size_t count = 5'000;
    const slow_server server;
    fmt::print("{} pages               connections   a second   CPU each\n", count);
    const auto run = [&](std::string_view name, std::string_view target) {
        const std::vector<std::string> urls(count, server.url(target));
        server.reset_stats();
        const stopwatch watch;
        const auto pages = fetch_all(urls, {});
        const usage cost = watch.elapsed();
        const double rate = count / seconds(cost.wall);
        fmt::print("{:<24} {:>13} {:>10.0f} {:>7.1f} µs\n", name,
                   server.stats().connections, rate,
                   static_cast<double>(cost.cpu.count()) / count);
        return failed(pages) == 0 ? rate : 0;
    };
    const double each = run("a connection for each", "/close");
    const double kept = run("kept connections", "/page/1");
    fmt::print("\nkept connections: {:.1f} × as many pages a second\n", kept / each);
    return kept > 0 && each > 0 ? 0 : 1;
}

} // namespace ladder::asio
