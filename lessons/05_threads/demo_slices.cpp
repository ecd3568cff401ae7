#include "demo_slices.hpp"

#include "demo_costs.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/stopwatch.hpp"

#include <ctime>
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

/// Looks at the clock for so long, and at nothing else.
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

slices share_one_core(std::size_t threads, std::chrono::milliseconds cpu) {
    std::vector<std::vector<timeline::interval>> found(threads);
    const stopwatch watch;
    {
        std::latch all_there{static_cast<std::ptrdiff_t>(threads)};
        std::vector<std::jthread> running;
        running.reserve(threads);
        for (auto& mine : found)
            running.emplace_back([&] {
                pin_to_core(first_usable_core());
                all_there.arrive_and_wait();
                mine = compute(cpu);
            });
    }
    slices result;
    result.taken_away = watch.elapsed().involuntary_switches;
    for (const auto& mine : found)
        result.intervals.insert(result.intervals.end(), mine.begin(), mine.end());
    return result;
}

} // namespace ladder::threads
