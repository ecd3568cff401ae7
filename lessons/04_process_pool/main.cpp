// Rung 04: workers that stay, results in order, and a worker that dies.

#include "demo_costs.hpp"
#include "process_pool.hpp"
#include "workbench/demo.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <csignal>
#include <map>
#include <numeric>
#include <thread>
#include <utility>

#include <unistd.h>

using namespace ladder;
using namespace std::chrono_literals;
using process_pool::pool_options;
using process_pool::result;
template <class Request, class Response>
using pool_of = process_pool::process_pool<Request, Response>;

static std::vector<int> numbers(int count) {
    std::vector<int> result(static_cast<std::size_t>(count));
    std::iota(result.begin(), result.end(), 0);
    return result;
}

static int square_slowly(int n) {
    const timeline::span span{timeline::kind::waits, fmt::format("{}", n)};
    std::this_thread::sleep_for((10 - n) * 30ms); // the later, the quicker
    return n * n;
}

static int map() {
    const timeline::recording recording;
    // [map]
    pool_of<int, int> pool{square_slowly, {.workers = 4}};
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

static int callbacks() {
    pool_of<int, int> pool{[](int n) { return n * n; }, {.workers = 5}};
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

static int crash() {
    const auto task = [](int n) {
        if (n == 13) ::raise(SIGKILL); // what the kernel does when memory runs out
        if (n == 14) throw std::out_of_range{"fourteen is too much"};
        return n;
    };
    pool_of<int, int> pool{task, {.workers = 2}};
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

static int limit() {
    pool_of<int, pid_t> pool{[](int) { return ::getpid(); },
                             {.workers = 1, .tasks_per_worker = 3}};
    pid_t before = 0;
    for (int worker = 0; const int n : numbers(8)) {
        const pid_t pid = pool.submit(n).get();
        if (std::exchange(before, pid) != pid) ++worker;
        fmt::print("task {}: worker {}\n", n, worker);
    }
    return 0;
}

static int hang() {
    const slow_server server;
    const std::vector urls{server.url("/delay/100"), server.url("/hang"),
                           server.url("/delay/100?b"), server.url("/delay/100?c")};
    const timeline::recording recording;
    const auto pages = process_pool::fetch_all(urls, {.in_flight = 2, .timeout = 800ms});
    for (std::size_t i = 0; i < urls.size(); ++i)
        fmt::print("{:<14}  {}\n", urls[i].substr(server.url("").size()),
                   pages[i].error ? pages[i].error.message()
                                  : fmt::format("status {}", pages[i].status));
    fmt::print("\n{}", timeline::draw_terminal(recording.intervals()));
    return 0;
}

int main(int argc, char** argv) {
    return run_demos(
        argc, argv,
        {{"map", "results in order, whatever ends first", map},
         {"callbacks", "a pool of five: callbacks in the parent, close and join",
          callbacks},
         {"fresh", "a process for each task, and workers that stay",
          process_pool::demos::fresh},
         {"primes", "computing with one worker and with two",
          process_pool::demos::primes},
         {"crash", "a task that kills, a task that throws, a kill from outside", crash},
         {"limit", "a worker that ends after three tasks", limit},
         {"hang", "one page that never comes holds up nobody", hang},
         fetch_demo(process_pool::fetch_all)});
}
