// A process for each task beside workers that stay, and one worker beside two.

#include "process_pool.hpp"
#include "processes/child_process.hpp"
#include "workbench/stopwatch.hpp"

#include <fmt/format.h>

#include <numeric>

namespace ladder::process_pool {

namespace {

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

int show_fresh() {
    constexpr int tasks = 1'000;
    const stopwatch first;
    for (int i = 0; i < tasks; ++i)
        processes::child_process::fork([i] { return i % 2; }).wait();
    const double alone = seconds(first.elapsed().wall);

    const stopwatch second;
    process_pool<int, int> pool{[](int n) { return n % 2; }, {.workers = 1}};
    for (int i = 0; i < tasks; ++i)
        pool.submit(i).get(); // one by one here, too
    pool.join();
    const double pooled = seconds(second.elapsed().wall);

    fmt::print("{} tasks that do nothing, one after the other\n\n"
               "a process for each     {:>6.0f} µs a task\n"
               "one worker that stays  {:>6.0f} µs a task, {:.0f} × as fast\n",
               tasks, alone * 1e6 / tasks, pooled * 1e6 / tasks, alone / pooled);
    return 0;
}

int show_primes() {
    fmt::print("{:>7}  {:>8}  {:>8}  {:>8}\n", "workers", "time", "CPU", "faster");
    double alone = 0;
    int found = 0;
    std::vector<int> blocks(1'000);
    std::iota(blocks.begin(), blocks.end(), 0);
    for (const std::size_t workers : {1, 2}) {
        const stopwatch watch;
        process_pool<int, int> pool{primes_in, {.workers = workers}};
        const auto counts = pool.map(blocks);
        pool.join(); // what the workers used counts from here on
        const usage cost = watch.elapsed();
        const double wall = seconds(cost.wall), cpu = seconds(cost.cpu);
        if (workers == 1) alone = wall;
        fmt::print("{:>7}  {:>6.2f} s  {:>6.2f} s  {:>6.2f} ×\n", workers, wall, cpu,
                   alone / wall);
        found = std::reduce(counts.begin(), counts.end());
    }
    fmt::print("\n{} primes below 5,000,000; this process may use {} cores\n", found,
               process_pool<int, int>{primes_in}.pids().size());
    return 0;
}

} // namespace ladder::process_pool
