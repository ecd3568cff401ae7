// How work ends: with a result or an exception, dropped or done, and with help.

#include "thread_pool.hpp"

#include <fmt/format.h>

#include <functional>
#include <latch>

namespace ladder::thread_pool {

using namespace std::chrono_literals;

int show_errors() {
    thread_pool pool{2};
    auto good = pool.submit([] { return 6 * 7; });
    auto bad = pool.submit([]() -> int { throw std::runtime_error{"no such page"}; });
    fmt::print("good: {}\n", good.get());
    try {
        fmt::print("bad: {}\n", bad.get());
    } catch (const std::runtime_error& error) {
        fmt::print("bad: an exception, \"{}\"\n", error.what());
    }
    const std::vector<int> numbers{5, 4, 3, 2, 1, 0};
    const auto squares = pool.map(numbers, [](int n) {
        std::this_thread::sleep_for(n * 10ms); // the first one takes longest
        return n * n;
    });
    fmt::print("map: the squares of 5 4 3 2 1 0 are");
    for (const int square : squares)
        fmt::print(" {}", square);
    fmt::print("\nboth threads are alive: {}\n", pool.submit([] { return "yes"; }).get());
    return 0;
}

namespace {

/// Ten tasks for one thread, which is in the first one when the pool is shut down.
void shut_down(const char* how, const std::function<void(thread_pool&)>& end) {
    thread_pool pool{1};
    std::latch begun{1};
    std::vector<std::future<bool>> receipts;
    receipts.push_back(pool.submit([&begun](const std::stop_token& stop) {
        begun.count_down();
        for (int i = 0; i < 50 && !stop.stop_requested(); ++i)
            std::this_thread::sleep_for(1ms); // stands for work
        return !stop.stop_requested();
    }));
    for (int i = 1; i < 10; ++i)
        receipts.push_back(pool.submit([] { return true; }));
    begun.wait();
    end(pool);
    int done = 0, stopped = 0, dropped = 0;
    for (auto& receipt : receipts)
        try {
            receipt.get() ? ++done : ++stopped;
        } catch (const std::future_error&) { // broken_promise
            ++dropped;
        }
    fmt::print("{}   {:>2} done, {} stopped in the middle, {} dropped\n", how, done,
               stopped, dropped);
}

/// The sum of 1 to n: halves are tasks of their own, and their sum is waited for.
int sum(thread_pool& pool, int first, int last) {
    if (last - first < 10) return (first + last) * (last - first + 1) / 2;
    const int middle = (first + last) / 2;
    auto left = pool.submit([&] { return sum(pool, first, middle); });
    const int right = sum(pool, middle + 1, last);
    pool.wait(left); // and not left.get(), see broken_self_wait.cpp
    return left.get() + right;
}

} // namespace

int show_shutdown() {
    shut_down("finish()", [](thread_pool& pool) { pool.finish(); });
    shut_down("drop()  ", [](thread_pool& pool) { pool.drop(); });
    return 0;
}

int show_self() {
    thread_pool pool{2};
    auto total = pool.submit([&] { return sum(pool, 1, 1000); });
    fmt::print("Two threads, and tasks that wait for tasks of their own pool:\n"
               "1 + 2 + … + 1000 = {}\n",
               total.get());
    return 0;
}

} // namespace ladder::thread_pool
