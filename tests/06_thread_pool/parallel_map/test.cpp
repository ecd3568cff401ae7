// Parallel map: order, who works, who waits for whom, and what an error leaves behind.

#include "blocked.hpp"
#include "in_child.hpp"
#include "parallel_map.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

using ladder::blocked;
using ladder::in_child;
using ladder::parallel_map;
using pool_type = ladder::thread_pool::thread_pool;

namespace {

std::vector<int> numbers(int count) {
    std::vector<int> result(static_cast<std::size_t>(count));
    std::iota(result.begin(), result.end(), 0);
    return result;
}

/// With one type of function for all: the compiler makes a parallel_map() for each.
std::vector<int> map(pool_type& pool, const std::vector<int>& items,
                     const std::function<int(int)>& function) {
    return parallel_map(pool, std::span<const int>{items}, function);
}

} // namespace

TEST_CASE("every item has its result") {
    pool_type pool{2};
    CHECK(map(pool, {1, 2, 3}, [](int n) { return n * n; }) == std::vector{1, 4, 9});
}

TEST_CASE("no items have no results") {
    pool_type pool{2};
    CHECK(map(pool, {}, [](int n) { return n; }).empty());
}

TEST_CASE("the threads of the pool do the work") {
    pool_type pool{2};
    const pid_t me = ::gettid();
    for (const pid_t id : map(pool, numbers(20), [](int) { return ::gettid(); }))
        CHECK(id != me);
}

TEST_CASE("the function is called once for each item") {
    pool_type pool{3};
    std::vector<std::atomic<int>> calls(100);
    map(pool, numbers(100), [&](int n) { return ++calls[static_cast<std::size_t>(n)]; });
    for (const auto& times : calls)
        CHECK(times == 1);

    const auto fail = [&](int n) -> int { throw ++calls[static_cast<std::size_t>(n)]; };
    CHECK_THROWS_AS(map(pool, numbers(100), fail), int);
    INFO("each call throws");
    for (const auto& times : calls)
        CHECK(times == 2);
}

TEST_CASE("as many calls run at a time as the pool has threads") {
    CHECK(in_child([] {
              for (const int threads : {1, 4, 12}) {
                  pool_type pool{static_cast<std::size_t>(threads)};
                  std::latch all{threads};
                  map(pool, numbers(threads), [&](int n) {
                      all.arrive_and_wait();
                      return n;
                  });
              }
              return std::string{"all calls met"};
          }) == "all calls met");
}

TEST_CASE("no other threads than those of the pool do the work") {
    pool_type pool{3};
    std::latch all{3};
    std::vector<std::future<pid_t>> threads;
    for (int i = 0; i < 3; ++i) // one in each thread, as they meet
        threads.push_back(pool.submit([&] { return all.arrive_and_wait(), ::gettid(); }));
    std::set<pid_t> of_pool;
    for (auto& id : threads)
        of_pool.insert(id.get());
    const auto ids = map(pool, numbers(200), [](int) { return ::gettid(); });
    CHECK(std::ranges::includes(of_pool, std::set(ids.begin(), ids.end())));
}

TEST_CASE("what a call throws comes out as it was") {
    pool_type pool{1};
    CHECK_THROWS_AS(map(pool, {1}, [](int) -> int { throw 42; }), int);
    CHECK_THROWS_AS(map(pool, {1}, [](int n) { return std::vector<int>(1).at(n); }),
                    std::out_of_range);
}

TEST_CASE("the results are in the order of the items, whoever is ready first") {
    const auto result = in_child([] {
        pool_type pool{2};
        std::latch others{4};
        std::string text;
        for (const int n : map(pool, numbers(5), [&](int item) {
                 if (item == 0)
                     others.wait(); // the first one is ready last
                 else
                     others.count_down();
                 return item;
             }))
            text += std::to_string(n);
        return text;
    });
    CHECK(result == "01234");
}

TEST_CASE("one that takes long holds up nobody but itself") {
    CHECK(in_child([] {
              pool_type pool{2};
              std::latch others{9};
              map(pool, numbers(10), [&](int item) {
                  if (item == 0)
                      others.wait(); // one thread is here, the other does all the rest
                  else
                      others.count_down();
                  return item;
              });
              return std::string{"the others did not wait"};
          }) == "the others did not wait");
}

TEST_CASE("one of a thousand that takes long holds up nobody but itself") {
    CHECK(in_child([] {
              pool_type pool{2};
              std::latch others{999};
              const auto results = map(pool, numbers(1'000), [&](int item) {
                  if (item == 0)
                      others.wait();
                  else
                      others.count_down();
                  return item;
              });
              return std::string{results == numbers(1'000)
                                     ? "all have their results"
                                     : "the results are not those of the items"};
          }) == "all have their results");
}

TEST_CASE("results may be such that can only be moved") {
    pool_type pool{2};
    const auto items = numbers(3);
    const auto results = parallel_map(pool, std::span<const int>{items},
                                      [](int n) { return std::make_unique<int>(n); });
    REQUIRE(results.size() == 3);
    CHECK(*results[2] == 2);
}

TEST_CASE("results need no default constructor") {
    struct number {
        explicit number(int n) : value(n) {}

        int value;
    };

    pool_type pool{1};
    const auto items = numbers(3);
    const auto results =
        parallel_map(pool, std::span<const int>{items}, [](int n) { return number{n}; });
    REQUIRE(results.size() == 3);
    CHECK(results[2].value == 2);
}

TEST_CASE("two maps at a time do not disturb each other") {
    CHECK(in_child([] {
              pool_type pool{1}, other{1};
              const auto sums = map(pool, {1, 2}, [&](int n) {
                  const auto tens = map(other, {n, 1}, [](int m) { return 10 * m; });
                  return tens[0] + tens[1];
              });
              return std::string{sums == std::vector{20, 30} ? "each has its results"
                                                             : "they have others"};
          }) == "each has its results");
}

TEST_CASE("the first error in the order of the items comes out") {
    CHECK(in_child([] {
              pool_type pool{2};
              std::latch other_has_failed{1};
              try {
                  map(pool, numbers(3), [&](int n) {
                      // One thread waits here, and the other one fails with item 1. Only
                      // when it is done with that does it come to item 2.
                      if (n == 0) other_has_failed.wait();
                      if (n == 2) other_has_failed.count_down();
                      if (n < 2) throw std::runtime_error{std::to_string(n)};
                      return n;
                  });
                  return std::string{"no error"};
              } catch (const std::runtime_error& error) {
                  return std::string{"the error of item "} + error.what();
              }
          }) == "the error of item 0");
}

TEST_CASE("an error comes out when no call is running or waiting any more") {
    CHECK(in_child([] {
              pool_type pool{2};
              std::latch others{4}, go_on{1};
              std::atomic<int> ended = 0;
              int ended_before = 0;
              {
                  const blocked caller{[&] {
                      try {
                          map(pool, numbers(6), [&](int n) {
                              if (n == 0) throw std::runtime_error{"at once"};
                              if (n == 1)
                                  go_on.wait();
                              else
                                  others.count_down();
                              return ++ended;
                          });
                      } catch (const std::runtime_error&) {
                          ended_before = ended;
                      }
                  }};
                  others.wait(); // one thread is with item 1, the other has done the rest
                  caller.sleeps(); // or is back, although item 1 is in the works
                  go_on.count_down();
              }
              return std::to_string(ended_before) + " of 5 calls had ended";
          }) == "5 of 5 calls had ended");
}

TEST_CASE("a call may throw and the pool is as good as before") {
    pool_type pool{1};
    CHECK_THROWS_AS(map(pool, {1}, [](int) -> int { throw std::runtime_error{"no"}; }),
                    std::runtime_error);
    CHECK(map(pool, {1}, [](int n) { return n; }) == std::vector{1});
}
