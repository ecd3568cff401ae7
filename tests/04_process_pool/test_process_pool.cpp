// What the pool promises when nobody dies.

#include "leftovers.hpp"
#include "process_pool/process_pool.hpp"
#include "shared.hpp"
#include "workbench/stopwatch.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sched.h>
#include <unistd.h>

using namespace ladder::process_pool;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using ladder::counter;
using ladder::leftovers;

namespace {

int twice(int n) {
    return 2 * n;
}

std::vector<int> numbers(int count) {
    std::vector<int> result(static_cast<std::size_t>(count));
    std::iota(result.begin(), result.end(), 0);
    return result;
}

class no_such_thing : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

} // namespace

TEST_CASE("a future has the response") {
    process_pool<int, int> pool{twice, {.workers = 2}};
    auto future = pool.submit(21);
    CHECK(future.get() == 42);
    CHECK(future.ready());
}

TEST_CASE("map answers in the order of the requests, not of completion") {
    // The first cannot end before the second has.
    const counter ended;
    process_pool<int, int> pool{[&](int n) {
                                    if (n == 0)
                                        ladder::wait_until([&] { return *ended == 1; },
                                                           "the second");
                                    ++*ended;
                                    return n;
                                },
                                {.workers = 2}};
    CHECK(pool.map(std::vector{0, 1}) == std::vector{0, 1});
    CHECK(pool.map(std::vector<int>{}).empty());
}

TEST_CASE("ten thousand tasks have ten thousand responses, in order") {
    process_pool<int, int> pool{twice, {.workers = 3}};
    const auto requests = numbers(10'000);
    const auto responses = pool.map(requests);
    REQUIRE(responses.size() == requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i)
        if (responses[i] != 2 * requests[i]) FAIL("the response " << i << " is wrong");
    CHECK(pool.statistics().lost == 0);
}

TEST_CASE("as many tasks as workers run at the same time, each in its own process") {
    const counter here;
    process_pool<int, pid_t> pool{[&](int) {
                                      ladder::meet(*here, 4);
                                      return ::getpid();
                                  },
                                  {.workers = 4}};
    const auto pids = pool.map(numbers(4));
    CHECK(std::set(pids.begin(), pids.end()).size() == 4);
    CHECK_FALSE(std::set(pids.begin(), pids.end()).contains(::getpid()));
}

TEST_CASE("a slow task delays none that another worker could run") {
    const counter ended;
    process_pool<int, int> pool{[&](int n) {
                                    if (n == 0)
                                        ladder::wait_until([&] { return *ended == 99; },
                                                           "all others");
                                    return ++*ended;
                                },
                                {.workers = 2}};
    CHECK(pool.map(numbers(100)).front() == 100);
}

TEST_CASE("the default size is the number of cores this process may use") {
    cpu_set_t cores;
    REQUIRE(::sched_getaffinity(0, sizeof cores, &cores) == 0);
    const process_pool<int, int> pool{twice};
    CHECK(pool.pids().size() == static_cast<std::size_t>(CPU_COUNT(&cores)));
}

TEST_CASE("callbacks run in the parent, once for each task") {
    std::map<int, int> responses;
    std::set<pid_t> where;
    process_pool<int, int> pool{twice, {.workers = 2}};
    for (const int n : numbers(200))
        pool.submit(n, [&, n](const result<int>& r) {
            where.insert(::getpid());
            CHECK_FALSE(responses.contains(n));
            responses[n] = r.get();
        });
    pool.join();
    CHECK(where == std::set{::getpid()});
    REQUIRE(responses.size() == 200);
    CHECK(responses[199] == 398);
}

TEST_CASE("a callback may submit more, but not after close") {
    process_pool<int, int> pool{twice, {.workers = 2, .queue = 1}};
    int left = 50;
    std::function<void(const result<int>&)> again = [&](const result<int>&) {
        if (--left > 0) pool.submit(left, again);
    };
    pool.submit(0, again);
    while (left > 0)
        pool.submit(1).get();

    left = 50;
    pool.submit(0, again);
    pool.close();
    CHECK_THROWS_AS(pool.join(), std::logic_error); // what the callback throws
    CHECK(left == 49);
    CHECK_NOTHROW(pool.join());
}

TEST_CASE("a callback that waits is told that it waits for itself") {
    process_pool<int, int> pool{twice, {.workers = 1}};
    std::string said;
    pool.submit(1, [&](const result<int>&) {
        auto next = pool.submit(2);
        try {
            next.get();
        } catch (const std::logic_error& error) {
            said = error.what();
        }
    });
    pool.submit(3).get();
    CHECK(said == "a callback must not wait for a task");
}

TEST_CASE("what a callback throws reaches the caller, and the pool stays whole") {
    process_pool<int, int> pool{twice, {.workers = 2}};
    int called = 0;
    for (const int n : numbers(10))
        pool.submit(n, [&](const result<int>&) {
            if (++called == 3) throw no_such_thing{"the third"};
        });
    CHECK_THROWS_AS(pool.join(), no_such_thing);
    pool.join();
    CHECK(called == 10);
}

TEST_CASE("the queue is bounded: submit serves the workers until there is room") {
    constexpr std::size_t queue = 3, workers = 2;
    process_pool<int, int> pool{twice, {.workers = workers, .queue = queue, .ahead = 0}};
    std::size_t ended = 0;
    for (std::size_t submitted = 1; submitted <= 200; ++submitted) {
        pool.submit(1, [&](const result<int>&) { ++ended; });
        if (submitted - ended > queue + workers)
            FAIL(submitted << " submitted, only " << ended << " ended");
    }
    pool.join();
    CHECK(ended == 200);
}

TEST_CASE("after close nothing can be submitted; what was is still done") {
    process_pool<int, int> pool{twice, {.workers = 1}};
    auto future = pool.submit(1);
    pool.close();
    CHECK_THROWS_AS(pool.submit(2), std::logic_error);
    pool.join();
    CHECK(future.ready());
    CHECK(future.get() == 2);
    CHECK_NOTHROW(pool.join());
}

TEST_CASE("nothing is left behind, with join and without") {
    const auto before = leftovers::now();
    {
        process_pool<int, int> pool{twice, {.workers = 3}};
        pool.map(numbers(10));
        pool.join();
        CHECK(pool.pids().empty());
        CHECK(leftovers::since(before) == "");
    }
    {
        process_pool<int, int> pool{[](int) -> int { ladder::wait_for_ever(); },
                                    {.workers = 3}};
        for (int n : numbers(10))
            pool.submit(n);
    }
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("a future that outlives its pool says so") {
    std::optional<process_pool<int, int>> pool;
    pool.emplace([](int) -> int { ladder::wait_for_ever(); }, pool_options{.workers = 1});
    auto running = pool->submit(1);
    auto waiting = pool->submit(2);
    pool.reset();
    for (auto* future : {&running, &waiting})
        try {
            future->get();
            FAIL("it has a response");
        } catch (const task_error& error) {
            CHECK(error.how() == ending::abandoned);
        }
}

TEST_CASE("a worker ends after its number of tasks, and another takes its place") {
    process_pool<int, pid_t> pool{[](int) { return ::getpid(); },
                                  {.workers = 1, .tasks_per_worker = 3}};
    const auto pids = pool.map(numbers(10));
    REQUIRE(pids.size() == 10);
    for (std::size_t i = 0; i < 9; ++i)
        CHECK((pids[i] == pids[i + 1]) == (i % 3 != 2));
    CHECK(pool.statistics().retired == 3);
    CHECK(pool.statistics().lost == 0);
}

TEST_CASE("an exception comes back with its type and its text") {
    process_pool<int, int> pool{[](int n) -> int {
                                    if (n == 1) throw no_such_thing{"no number one"};
                                    if (n == 2) throw 42;
                                    if (n == 3) return std::vector<int>{}.at(5);
                                    return n;
                                },
                                {.workers = 2}};
    std::vector<future<int>> futures;
    for (const int n : numbers(5))
        futures.push_back(pool.submit(n));

    const auto error_of = [&](std::size_t n) {
        try {
            futures[n].get();
        } catch (const task_error& error) {
            CHECK(error.how() == ending::failed);
            return error;
        }
        throw std::logic_error{"no error"};
    };
    CHECK(futures[0].get() == 0);
    CHECK_THAT(error_of(1).type(), EndsWith("no_such_thing"));
    const auto thrown_int = error_of(2);
    CHECK(thrown_int.type() == "int");
    CHECK(std::string{thrown_int.what()} == "int");
    const auto out_of_range = error_of(3);
    CHECK(out_of_range.type() == "std::out_of_range");
    CHECK_THAT(out_of_range.what(), ContainsSubstring("std::out_of_range: vector"));
    CHECK(futures[4].get() == 4);
    CHECK(pool.statistics().lost == 0);
}

TEST_CASE("map throws the first error in the order of the requests") {
    const counter last_has_failed;
    process_pool<int, int> pool{
        [&](int n) -> int {
            if (n == 0)
                ladder::wait_until([&] { return *last_has_failed == 1; }, "the last");
            if (n == 2) *last_has_failed = 1;
            if (n != 1) throw std::runtime_error{std::to_string(n)};
            return n;
        },
        {.workers = 2}};
    try {
        pool.map(numbers(3));
        FAIL("it has responses");
    } catch (const task_error& error) {
        CHECK(error.text() == "0");
    }
}

TEST_CASE("a task has a deadline, from when it begins; its neighbours lose nothing") {
    process_pool<int, int> pool{[](int n) {
                                    if (n == 7) ladder::wait_for_ever();
                                    return n;
                                },
                                {.workers = 1, .time_limit = 300ms}};
    std::vector<future<int>> futures;
    for (const int n : numbers(50))
        futures.push_back(pool.submit(n));
    for (int n = 0; auto& future : futures) {
        if (n != 7) {
            CHECK(future.get() == n);
        } else {
            try {
                future.get();
                FAIL("it has a response");
            } catch (const task_error& error) {
                CHECK(error.how() == ending::timed_out);
                CHECK(std::string{error.what()} == "it took longer than 300 ms");
            }
        }
        ++n;
    }
    CHECK(pool.statistics().lost == 1);
    CHECK(pool.statistics().retries == 0);
}

TEST_CASE("each task may have a deadline of its own") {
    process_pool<int, int> pool{[](int) -> int { ladder::wait_for_ever(); },
                                {.workers = 1}};
    auto one = pool.submit(1, 100ms);
    CHECK_THROWS_AS(one.get(), task_error);
    ending how{};
    pool.submit(
        1, [&](const result<int>& r) { how = r.ok() ? ending::done : ending::timed_out; },
        100ms);
    pool.join();
    CHECK(how == ending::timed_out);
}

TEST_CASE("100 MB go through, there and back") {
    process_pool<std::string, std::string> pool{[](std::string text) {
                                                    text.front() = 'b';
                                                    return text;
                                                },
                                                {.workers = 1}};
    std::string text(100'000'000, 'x');
    text.back() = 'e';
    auto future = pool.submit(text);
    auto small = pool.submit("a");
    const std::string back = future.get();
    REQUIRE(back.size() == text.size());
    text.front() = 'b';
    CHECK((back == text)); // Catch would print both
    CHECK(small.get() == "b");
}

TEST_CASE("requests and responses of every size arrive whole") {
    process_pool<std::string, std::string> pool{
        [](const std::string& text) { return text; }, {.workers = 2}};
    std::vector<std::string> texts;
    for (std::size_t size = 0; size < 300'000; size = size * 3 / 2 + 1)
        texts.push_back(std::string(size, static_cast<char>('a' + texts.size() % 26)));
    for (int round = 0; round < 5; ++round)
        CHECK((pool.map(texts) == texts));
}

TEST_CASE("waiting for a task takes no CPU time") {
    process_pool<int, int> pool{[](int n) {
                                    std::this_thread::sleep_for(1s);
                                    return n;
                                },
                                {.workers = 1}};
    const ladder::stopwatch watch;
    pool.submit(1).get();
    pool.join();
    CHECK(watch.elapsed().cpu < 500ms); // about 2 ms; a busy wait would take all 1000
}

TEST_CASE("two pools do not get into each other's way") {
    const auto before = leftovers::now();
    process_pool<int, int> a{twice, {.workers = 2}};
    {
        process_pool<int, int> b{twice, {.workers = 2}};
        CHECK(a.map(numbers(100)) == b.map(numbers(100)));
        a.join(); // although b's workers were forked while a's sockets were open
        CHECK(b.submit(1).get() == 2);
    }
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("a worker may have a pool of its own") {
    process_pool<int, int> pool{[](int n) {
                                    process_pool<int, int> inner{twice, {.workers = 2}};
                                    const auto results = inner.map(numbers(n));
                                    inner.join();
                                    return std::accumulate(results.begin(), results.end(),
                                                           0);
                                },
                                {.workers = 2}};
    CHECK(pool.map(std::vector{2, 3, 4}) == std::vector{2, 6, 12});
}
