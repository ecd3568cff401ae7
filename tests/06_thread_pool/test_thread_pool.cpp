// The pool: receipts, errors, order, both ends, and tasks that wait for tasks.

#include "in_child.hpp"
#include "leftovers.hpp"
#include "thread_pool/task.hpp"
#include "thread_pool/thread_pool.hpp"
#include "workbench/slow_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <atomic>
#include <latch>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>

using ladder::in_child;
using ladder::slow_server;
using ladder::thread_pool::task;
using pool_type = ladder::thread_pool::thread_pool;

TEST_CASE("a task holds what can only be moved, and destroys it once") {
    const auto counted = std::make_shared<int>(0);
    {
        task first{std::packaged_task<void()>{[counted] { ++*counted; }}};
        task second{std::move(first)};
        second();
        first = std::move(second);
        CHECK(counted.use_count() == 2);
    }
    CHECK(*counted == 1);
    CHECK(counted.use_count() == 1);
}

TEST_CASE("a future has the result of its task") {
    pool_type pool{2};
    CHECK(pool.submit([] { return 42; }).get() == 42);
    CHECK(pool.submit([p = std::make_unique<int>(7)] { return *p; }).get() == 7);
    pool.submit([] {}).get();
}

TEST_CASE("an exception comes out of the future, and the thread lives on") {
    pool_type pool{1};
    auto bad = pool.submit([]() -> int { throw std::runtime_error{"no such page"}; });
    CHECK_THROWS_AS(bad.get(), std::runtime_error);
    CHECK(pool.submit([] { return 1; }).get() == 1);
}

TEST_CASE("a future that nobody asks holds nobody up") {
    std::atomic<int> done = 0;
    {
        pool_type pool{2};
        for (int i = 0; i < 100; ++i)
            pool.submit([&] { ++done; });
    }
    CHECK(done == 100);
}

TEST_CASE("as many tasks run at a time as there are threads") {
    CHECK(in_child([] {
              pool_type pool{4};
              std::latch all{4};
              std::vector<std::future<void>> receipts;
              for (int i = 0; i < 4; ++i)
                  receipts.push_back(pool.submit([&] { all.arrive_and_wait(); }));
              for (auto& each : receipts)
                  each.get();
              return std::string{"they met"};
          }) == "they met");
}

TEST_CASE("all tasks run in the threads of the pool") {
    pool_type pool{3};
    std::mutex mutex;
    std::set<std::thread::id> seen;
    std::vector<int> items(100);
    pool.map(items, [&](int) {
        const std::lock_guard lock{mutex};
        seen.insert(std::this_thread::get_id());
        return 0;
    });
    CHECK(seen.size() <= pool.size());
    CHECK_FALSE(seen.contains(std::this_thread::get_id()));
}

TEST_CASE("map has the results in the order of the items") {
    pool_type pool{4};
    std::vector<int> items(1000);
    std::iota(items.begin(), items.end(), 0);
    const auto doubled = pool.map(items, [](int n) { return 2 * n; });
    REQUIRE(doubled.size() == items.size());
    for (const int item : items)
        CHECK(doubled[static_cast<std::size_t>(item)] == 2 * item);
    CHECK(pool.map(std::vector<int>{}, [](int n) { return n; }).empty());
}

TEST_CASE("map throws the first error in the order of the items, when all have ended") {
    pool_type pool{4};
    std::atomic<int> ended = 0;
    std::latch second_failed{1};
    const std::vector<int> items{0, 1, 2, 3, 4, 5, 6, 7};
    try {
        pool.map(items, [&](int n) {
            if (n == 1) second_failed.wait(); // fails later, and comes first
            ++ended;
            if (n == 2) second_failed.count_down();
            if (n == 1 || n == 2) throw std::runtime_error{std::to_string(n)};
            return n;
        });
        FAIL("map did not throw");
    } catch (const std::runtime_error& error) {
        CHECK(error.what() == std::string{"1"});
        CHECK(ended == 8);
    }
}

TEST_CASE("finish does all that was accepted, and accepts nothing more") {
    pool_type pool{1};
    std::latch go{1};
    std::atomic<int> done = 0;
    for (int i = 0; i < 10; ++i)
        pool.submit([&] {
            go.wait();
            ++done;
        });
    go.count_down();
    pool.finish();
    CHECK(done == 10);
    CHECK_THROWS_AS(pool.submit([] {}), std::runtime_error);
}

TEST_CASE("drop stops what runs and breaks the promises of what waits") {
    pool_type pool{1};
    std::latch begun{1};
    auto running = pool.submit([&](const std::stop_token& stop) {
        begun.count_down();
        while (!stop.stop_requested())
            std::this_thread::yield();
        return std::string{"stopped"};
    });
    auto waiting = pool.submit([] { return 1; });
    begun.wait();
    CHECK(pool.waiting() == 1);
    CHECK(pool.drop() == 1);
    CHECK(running.get() == "stopped");
    try {
        waiting.get();
        FAIL("the task was not dropped");
    } catch (const std::future_error& error) {
        CHECK(error.code() == std::future_errc::broken_promise);
    }
}

TEST_CASE("a full queue makes submit wait") {
    pool_type pool{1, 2};
    std::latch begun{1}, go{1};
    pool.submit([&] {
        begun.count_down();
        go.wait();
    });
    begun.wait();
    std::atomic<int> submitted = 0;
    std::thread submitter{[&] {
        for (int i = 0; i < 5; ++i, ++submitted)
            pool.submit([] {});
    }};
    while (pool.waiting() < 2)
        std::this_thread::yield();
    CHECK(submitted <= 2);
    go.count_down();
    submitter.join();
    CHECK(submitted == 5);
}

namespace {

int sum(pool_type& pool, int first, int last) {
    if (first == last) return first;
    const int middle = (first + last) / 2;
    auto left = pool.submit([&] { return sum(pool, first, middle); });
    const int right = sum(pool, middle + 1, last);
    pool.wait(left);
    return left.get() + right;
}

} // namespace

TEST_CASE("tasks that wait for tasks of their own pool help, and all end") {
    CHECK(in_child([] {
              int total = 0;
              for (const std::size_t threads : {1, 2, 5}) {
                  pool_type pool{threads};
                  total += pool.submit([&] { return sum(pool, 1, 200); }).get();
              }
              return std::to_string(total);
          }) == std::to_string(3 * 20'100));
}

TEST_CASE("who is no thread of the pool does not do its tasks") {
    pool_type pool{1};
    const auto me = std::this_thread::get_id();
    const std::vector<int> items(50);
    for (const auto id : pool.map(items, [](int) { return std::this_thread::get_id(); }))
        CHECK(id != me);
}

TEST_CASE("ten threads have ten pages in flight, and each thread many pages") {
    const slow_server server;
    std::vector<std::string> urls;
    for (int i = 0; i < 30; ++i)
        urls.push_back(server.url(fmt::format("/gate/10?i={}", i)));
    ladder::thread_pool::fetch_all(
        urls, {.in_flight = 10, .timeout = std::chrono::seconds{30}});
    CHECK(server.stats().peak_in_flight == 10);
}

TEST_CASE("the pool leaves no thread behind") {
    const auto before = ladder::leftovers::now();
    {
        pool_type pool{20};
        pool.submit([] { return 1; }).get();
    }
    CHECK(ladder::leftovers::since(before) == "");
}
