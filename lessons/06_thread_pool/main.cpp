// Rung 06: a few threads that stay, and a queue of work.

#include "demo_costs.hpp"
#include "serial/serial.hpp"
#include "thread_pool.hpp"
#include "workbench/demo.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

#include <atomic>
#include <latch>
#include <numeric>

using namespace ladder;
using namespace std::chrono_literals;
using pool_type = ladder::thread_pool::thread_pool;
using ms = std::chrono::duration<double, std::milli>;

static std::vector<std::string> slow_pages(const slow_server& server, std::size_t count) {
    std::vector<std::string> urls;
    urls.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        urls.push_back(server.url(fmt::format("/page/{}?delay=100", i)));
    return urls;
}

static int pages() {
    const slow_server server;
    const auto urls = slow_pages(server, 20);
    const timeline::recording recording;
    const stopwatch watch;
    ladder::thread_pool::fetch_all(urls, {.in_flight = 10});
    const usage cost = watch.elapsed();
    fmt::print("Twenty pages of 100 ms, ten threads.\n\n{}\n",
               timeline::draw_terminal(recording.intervals()));
    fmt::print("{:.0f} ms, {:.1f} ms of CPU, {} pages in flight at most\n",
               ms{cost.wall}.count(), ms{cost.cpu}.count(),
               server.stats().peak_in_flight);
    return 0;
}

static int hang() {
    const slow_server server;
    fmt::print("Two threads, six pages of 100 ms, but the second never comes.\n\n");
    const timeline::recording recording;
    std::vector<std::string> urls = slow_pages(server, 6);
    urls[1] = server.url("/hang");
    const auto fetched =
        ladder::thread_pool::fetch_all(urls, {.in_flight = 2, .timeout = 800ms});
    for (std::size_t i = 0; i < urls.size(); ++i)
        fmt::print("page {}   {:>4.0f} ms   {}\n", i, ms{fetched[i].elapsed}.count(),
                   fetched[i].error ? fetched[i].error.message()
                                    : fmt::format("status {}", fetched[i].status));
    fmt::print("\n{}", timeline::draw_terminal(recording.intervals()));
    return 0;
}

static int errors() {
    pool_type pool{2};
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

/// Ten tasks for one thread, which is in the first one when the pool is shut down.
static void shut_down(const char* how, const std::function<void(pool_type&)>& end) {
    pool_type pool{1};
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

static int shutdown() {
    shut_down("finish()", [](pool_type& pool) { pool.finish(); });
    shut_down("drop()  ", [](pool_type& pool) { pool.drop(); });
    return 0;
}

/// The sum of 1 to n: halves are tasks of their own, and their sum is waited for.
static int sum(pool_type& pool, int first, int last) {
    if (last - first < 10) return (first + last) * (last - first + 1) / 2;
    const int middle = (first + last) / 2;
    auto left = pool.submit([&] { return sum(pool, first, middle); });
    const int right = sum(pool, middle + 1, last);
    pool.wait(left); // and not left.get(), see broken_self_wait.cpp
    return left.get() + right;
}

static int self() {
    pool_type pool{2};
    auto total = pool.submit([&] { return sum(pool, 1, 1000); });
    fmt::print("Two threads, and tasks that wait for tasks of their own pool:\n"
               "1 + 2 + … + 1000 = {}\n",
               total.get());
    return 0;
}

int main(int argc, char** argv) {
    return run_demos(
        argc, argv,
        {{"pages", "twenty slow pages, ten threads", pages},
         {"hang", "a page that never comes holds up nobody", hang},
         {"errors", "results and exceptions come out of futures", errors},
         {"shutdown", "with the rest, and without", shutdown},
         {"self", "a pool that waits for itself, and helps", self},
         {"asio", "asio::thread_pool beside ours", ladder::thread_pool::show_asio},
         {"memory", "what 1,000 threads cost that wait",
          ladder::thread_pool::show_memory},
         fetch_demo(ladder::thread_pool::fetch_all)});
}
