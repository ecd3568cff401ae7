// Who has the one core, and when.

#include "workbench/machine_limits.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <iterator>
#include <latch>
#include <thread>

#include <unistd.h>

namespace ladder::threads {

namespace {

constexpr std::int64_t away = 300'000; // nanoseconds

std::int64_t nanoseconds_of(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

/// Looks at the clock, and at nothing else, until it has had a core for so long. Returns
/// when it had: if 300 µs have passed from one look to the next, it was not running.
std::vector<timeline::interval> compute(std::chrono::nanoseconds cpu) {
    std::vector<timeline::interval> result;
    const auto end = nanoseconds_of(CLOCK_THREAD_CPUTIME_ID) + cpu.count();
    std::int64_t begin = nanoseconds_of(CLOCK_MONOTONIC), last = begin;
    const auto add = [&] {
        result.push_back({.begin = begin,
                          .end = last,
                          .pid = ::getpid(),
                          .tid = ::gettid(),
                          .kind = timeline::kind::runs});
    };
    while (nanoseconds_of(CLOCK_THREAD_CPUTIME_ID) < end) {
        const auto now = nanoseconds_of(CLOCK_MONOTONIC);
        if (now - last > away) {
            add();
            begin = now;
        }
        last = now;
    }
    add();
    return result;
}

} // namespace

int show_order() {
    constexpr std::chrono::milliseconds cpu{40};
    std::array<std::vector<timeline::interval>, 2> found;
    const stopwatch watch;
    {
        std::latch all_there{std::ssize(found)};
        std::vector<std::jthread> running;
        for (auto& mine : found)
            running.emplace_back([&] {
                pin_to_core(first_usable_core());
                all_there.arrive_and_wait();
                mine = compute(cpu);
            });
    }
    const auto taken_away = watch.elapsed().involuntary_switches; // see getrusage(2)
    found[0].insert(found[0].end(), found[1].begin(), found[1].end());
    fmt::print("Two threads compute for {} ms each, on one core. Neither ever waits.\n\n"
               "{}\nThe kernel took the core away from one of them {} times.\n",
               cpu.count(), timeline::draw_terminal(found[0]), taken_away);
    return 0;
}

} // namespace ladder::threads
