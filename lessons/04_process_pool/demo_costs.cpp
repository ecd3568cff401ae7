#include "demo_costs.hpp"

#include "process_pool.hpp"
#include "processes/child_process.hpp"
#include "workbench/stopwatch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

namespace ladder::process_pool::demos {

namespace {

using seconds = std::chrono::duration<double>;

std::vector<int> numbers(int count) {
    std::vector<int> result(static_cast<std::size_t>(count));
    std::iota(result.begin(), result.end(), 0);
    return result;
}

int primes_in(int block) {
    constexpr int size = 5'000;
    int count = 0;
    for (int n = block * size; n < (block + 1) * size; ++n) {
        int divisor = 2;
        while (divisor * divisor <= n && n % divisor != 0)
            ++divisor;
        count += n > 1 && divisor * divisor > n ? 1 : 0;
    }
    return count;
}

} // namespace

int fresh() {
    constexpr int tasks = 1'000;
    const stopwatch first;
    for (int i = 0; i < tasks; ++i)
        processes::child_process::fork([i] { return i % 2; }).wait();
    const seconds alone = first.elapsed().wall;

    const stopwatch second;
    process_pool<int, int> pool{[](int n) { return n % 2; }, {.workers = 1}};
    for (int i = 0; i < tasks; ++i)
        pool.submit(i).get(); // one by one here, too
    pool.join();
    const seconds pooled = second.elapsed().wall;

    fmt::print("{} tasks that do nothing, one after the other\n\n"
               "a process for each     {:>6.0f} µs a task\n"
               "one worker that stays  {:>6.0f} µs a task, {:.0f} × as fast\n",
               tasks, alone.count() * 1e6 / tasks, pooled.count() * 1e6 / tasks,
               alone / pooled);
    return 0;
}

int primes() {
    fmt::print("{:>7}  {:>8}  {:>8}  {:>8}\n", "workers", "time", "CPU", "faster");
    seconds alone{};
    int found = 0;
    for (const std::size_t workers : {1, 2}) {
        const stopwatch watch;
        process_pool<int, int> pool{primes_in, {.workers = workers}};
        const auto counts = pool.map(numbers(1'000));
        pool.join(); // what the workers used counts from here on
        const usage cost = watch.elapsed();
        const seconds wall = cost.wall, cpu = cost.cpu;
        if (workers == 1) alone = wall;
        fmt::print("{:>7}  {:>6.2f} s  {:>6.2f} s  {:>6.2f} ×\n", workers, wall.count(),
                   cpu.count(), alone / wall);
        found = std::reduce(counts.begin(), counts.end());
    }
    fmt::print("\n{} primes below 5,000,000; this process may use {} cores\n", found,
               process_pool<int, int>{primes_in}.pids().size());
    return 0;
}

} // namespace ladder::process_pool::demos
