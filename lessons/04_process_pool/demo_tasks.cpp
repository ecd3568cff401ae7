// What becomes of tasks: a list of results in order, callbacks, and a worker that dies.

#include "process_pool.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>
#include <map>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <utility>

#include <unistd.h>

namespace ladder::process_pool {

namespace {

std::vector<int> numbers(int count) {
    std::vector<int> result(static_cast<std::size_t>(count));
    std::iota(result.begin(), result.end(), 0);
    return result;
}

int square_slowly(int n) {
    const timeline::span span{timeline::kind::waits, fmt::format("{}", n)};
    std::this_thread::sleep_for((10 - n) *
                                std::chrono::milliseconds{30}); // the later, the quicker
    return n * n;
}

} // namespace

int show_map() {
    const timeline::recording recording;
    // [map]
    process_pool<int, int> pool{square_slowly, {.workers = 4}};
    std::vector<int> ended;
    for (const int n : numbers(8))
        pool.submit(n, [&ended, n](const result<int>&) { ended.push_back(n); });
    const auto squares = pool.map(numbers(8));
    pool.join();
    // [/map]
    fmt::print(
        "asked for          {}\nended              {}\nmap has returned   {}\n\n{}",
        fmt::join(numbers(8), " "), fmt::join(ended, " "), fmt::join(squares, " "),
        timeline::draw_terminal(recording.intervals()));
    return 0;
}

int show_callbacks() {
    process_pool<int, int> pool{[](int n) { return n * n; }, {.workers = 5}};
    int sum = 0; // of the parent: no worker could add to it
    for (const int n : numbers(10))
        pool.submit(n, [&sum](const result<int>& r) { sum += r.get(); });
    pool.close();
    try {
        pool.submit(10);
    } catch (const std::logic_error& error) {
        fmt::print("one more: {}\n", error.what());
    }
    pool.join();
    fmt::print("the sum of 10 squares: {}; workers left: {}\n", sum, pool.pids().size());
    return 0;
}

int show_crash() {
    const auto task = [](int n) {
        if (n == 13) ::raise(SIGKILL); // what the kernel does when memory runs out
        if (n == 14) throw std::out_of_range{"fourteen is too much"};
        return n;
    };
    process_pool<int, int> pool{task, {.workers = 2}};
    std::map<int, std::string> failed;
    for (const int n : numbers(400))
        pool.submit(n, [&, n](const result<int>& r) {
            if (!r.ok()) failed[n] = r.error();
            if (n == 200) ::kill(pool.pids().front(), SIGKILL); // somebody else does
        });
    pool.join();
    const auto& s = pool.statistics();
    for (const auto& [n, why] : failed)
        fmt::print("task {}: {}\n", n, why);
    fmt::print("{} of 400 tasks are done; {} workers were lost, {} started\n",
               400 - failed.size(), s.lost, s.started);
    return 0;
}

int show_limit() {
    process_pool<int, pid_t> pool{[](int) { return ::getpid(); },
                                  {.workers = 1, .tasks_per_worker = 3}};
    pid_t before = 0;
    for (int n = 0, worker = 0; n < 8; ++n) {
        const pid_t pid = pool.submit(n).get();
        if (std::exchange(before, pid) != pid) ++worker;
        fmt::print("task {}: worker {}\n", n, worker);
    }
    return 0;
}

} // namespace ladder::process_pool
