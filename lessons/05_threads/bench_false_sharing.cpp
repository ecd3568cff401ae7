// Two threads, each with a counter of its own. They share nothing, but perhaps a cache
// line: the 64 bytes that a core fetches, owns and writes as one.

#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

constexpr std::uint64_t increments = 50'000'000;
constexpr std::size_t cache_line = 64;
constexpr int repetitions = 7; // of which the median counts

using counter = std::atomic<std::uint64_t>;

struct neighbours { // 16 bytes, and one cache line has them both
    alignas(cache_line) counter first = 0;
    counter second = 0;
};

struct padded { // each has a cache line for itself
    alignas(cache_line) counter first = 0;
    alignas(cache_line) counter second = 0;
};

/// Load, add, store: only this thread writes here, so nothing can be lost. Not inlined: a
/// compiler that sees that nobody ever reads the counter may leave the counting out.
[[gnu::noinline]] void count(counter& mine) {
    for (std::uint64_t i = 0; i < increments; ++i)
        mine.store(mine.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

using std::chrono::steady_clock;

double median(std::vector<double> of) {
    std::sort(of.begin(), of.end());
    return of[of.size() / 2];
}

/// Seconds from when both began to when the last one was done.
template <class Layout>
double two_threads() {
    std::vector<double> times;
    for (int i = 0; i < repetitions; ++i) {
        Layout counters;
        std::atomic<int> missing = 2;
        std::array<steady_clock::time_point, 2> begin, end;
        const auto work = [&](std::size_t me, counter& mine) {
            --missing;
            while (missing > 0) // a thread that sleeps here would begin too late
                continue;
            begin[me] = steady_clock::now();
            count(mine);
            end[me] = steady_clock::now();
        };
        std::thread a{[&] { work(0, counters.first); }};
        std::thread b{[&] { work(1, counters.second); }};
        a.join();
        b.join();
        const std::chrono::duration<double> time =
            std::max(end[0], end[1]) - std::min(begin[0], begin[1]);
        times.push_back(time.count());
    }
    return median(times);
}

double one_thread() {
    std::vector<double> times;
    for (int i = 0; i < repetitions; ++i) {
        padded counters;
        const auto start = steady_clock::now();
        count(counters.first);
        count(counters.second);
        const std::chrono::duration<double> time = steady_clock::now() - start;
        times.push_back(time.count());
    }
    return median(times);
}

} // namespace

int main(int argc, char** argv) {
    ladder::option_parser options{"bench_false_sharing",
                                  "Two counters that share a cache line, or do not."};
    if (const auto status = options.parse(argc, argv)) return *status;
    if (ladder::usable_cores() < 2)
        fmt::print("One core only: nothing is shared here, falsely or not.\n");
    const double alone = one_thread(), same = two_threads<neighbours>(),
                 apart = two_threads<padded>();
    fmt::print("two counters, {} increments each\n\n", increments);
    const auto show = [&](const char* what, double time) {
        fmt::print("{:<36}{:>5.0f} ms{:>7.2f} ×\n", what, time * 1000, time / alone);
    };
    show("one thread counts both", alone);
    show("two threads, the same cache line", same);
    show("two threads, a cache line each", apart);
}
