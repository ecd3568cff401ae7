// Submit: who runs the task, what comes out of the future, and what does not hold up
// whom.

#include "in_child.hpp"
#include "submit.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using ladder::in_child;
using ladder::small_pool;

// Few types of tasks: the compiler makes a submit() for each.
using task = std::function<void()>;
using question = std::function<int()>;

// hand_in.cpp, which is compiled at the same time.
std::future<void> hand_in(ladder::small_pool& pool, task work);
std::future<int> hand_in(ladder::small_pool& pool, question work);

namespace {

/// What the future has, in words.
template <class Result>
std::string ask(std::future<Result> receipt) {
    try {
        if constexpr (std::is_void_v<Result>)
            return receipt.get(), "done";
        else
            return std::to_string(receipt.get());
    } catch (const std::future_error&) {
        return "a broken promise";
    } catch (const std::exception& error) {
        return std::string{"an exception, "} + error.what();
    }
}

} // namespace

TEST_CASE("the future has the result") {
    CHECK(in_child([] {
              small_pool pool{2};
              for (int i = 0; i < 100; ++i) // now and then while both threads sleep
                  hand_in(pool, task{[] {}}).get();
              return ask(hand_in(pool, question{[] { return 42; }}));
          }) == "42");
}

TEST_CASE("a result may be a reference") {
    CHECK(in_child([] {
              small_pool pool{1};
              int number = 1;
              pool.submit([&]() -> int& { return number; }).get() = 42;
              return std::to_string(number);
          }) == "42");
}

TEST_CASE("a thread of the pool runs the task") {
    small_pool pool{2};
    std::set<pid_t> runners;
    for (int i = 0; i < 20; ++i)
        runners.insert(hand_in(pool, question{[] { return ::gettid(); }}).get());
    CHECK_FALSE(runners.contains(::gettid()));
    CHECK(runners.size() <= 2);
}

TEST_CASE("a task without a result has a future too") {
    CHECK(in_child([] {
              small_pool pool{2};
              return ask(hand_in(pool, task{[] {}}));
          }) == "done");
}

TEST_CASE("submit does not wait for the task") {
    CHECK(in_child([] {
              small_pool pool{1};
              std::latch handed_in{1};
              auto receipt = hand_in(pool, question{[&] {
                                         handed_in.wait();
                                         return 1;
                                     }});
              handed_in.count_down();
              return ask(std::move(receipt));
          }) == "1");
}

TEST_CASE("as many tasks run at a time as there are threads") {
    CHECK(in_child([] {
              small_pool pool{3};
              std::latch all{3};
              std::vector<std::future<void>> receipts;
              for (int i = 0; i < 3; ++i)
                  receipts.push_back(hand_in(pool, task{[&] { all.arrive_and_wait(); }}));
              for (auto& each : receipts)
                  each.get();
              return std::string{"three tasks met"};
          }) == "three tasks met");
}

TEST_CASE("an exception comes out of the future") {
    CHECK(in_child([] {
              small_pool pool{1};
              return ask(hand_in(
                  pool, question{[]() -> int { throw std::runtime_error{"no page"}; }}));
          }) == "an exception, no page");
}

TEST_CASE("an exception does not cost the pool a thread") {
    CHECK(in_child([] {
              small_pool pool{1};
              hand_in(pool, task{[] { throw std::runtime_error{"nobody asks"}; }});
              return ask(hand_in(pool, question{[] { return 2; }}));
          }) == "2");
}

TEST_CASE("a thread of the pool runs the task, also when all are busy") {
    CHECK(in_child([] {
              const auto threads = [] {
                  const std::filesystem::directory_iterator all{"/proc/self/task"};
                  return std::distance(begin(all), end(all));
              };
              std::thread{[] {}}.join(); // from now on a sanitizer has one of its own
              const auto before = threads();
              std::latch go{1};
              std::atomic<int> here = 0;
              const pid_t me = ::gettid();
              std::string result;
              {
                  small_pool pool{1};
                  hand_in(pool, task{[&] { go.wait(); }});
                  for (int i = 0; i < 200; ++i)
                      hand_in(pool, task{[&] { here += ::gettid() == me ? 1 : 0; }});
                  result = std::to_string(threads() - before) +
                           " more thread, the caller ran " + std::to_string(here);
                  go.count_down();
              }
              return result;
          }) == "1 more thread, the caller ran 0");
}

TEST_CASE("tasks begin in the order in which they were handed in") {
    CHECK(in_child([] {
              std::latch go{1};
              std::string order;
              {
                  small_pool pool{1};
                  hand_in(pool, task{[&] { go.wait(); }});
                  for (const char name : {'a', 'b', 'c'})
                      hand_in(pool, task{[&order, name] { order += name; }});
                  go.count_down();
              }
              return order;
          }) == "abc");
}

TEST_CASE("what a task throws comes out of the future as it was") {
    CHECK(in_child([] {
              small_pool pool{1};
              std::string seen;
              try {
                  hand_in(pool, task{[] { throw 42; }}).get();
              } catch (int number) {
                  seen += std::to_string(number);
              }
              try {
                  hand_in(pool, task{[] { throw std::out_of_range{"no such page"}; }})
                      .get();
              } catch (const std::out_of_range& error) {
                  seen += std::string{" "} + error.what();
              }
              return seen;
          }) == "42 no such page");
}

TEST_CASE("a task may be such that can only be moved") {
    CHECK(in_child([] {
              small_pool pool{1};
              return ask(pool.submit([p = std::make_unique<int>(7)] { return *p; }));
          }) == "7");
}

TEST_CASE("nobody needs to keep the future") {
    CHECK(in_child([] {
              std::atomic<int> done = 0;
              std::latch go{1};
              {
                  small_pool pool{1};
                  for (int i = 0; i < 3; ++i)
                      hand_in(pool, task{[&] { // its future is gone before it begins
                                  go.wait();
                                  ++done;
                              }});
                  go.count_down();
              }
              return std::to_string(done);
          }) == "3");
}

TEST_CASE("a task may hand in another one") {
    CHECK(in_child([] {
              small_pool pool{1};
              std::future<int> inner;
              hand_in(pool,
                      task{[&] { inner = hand_in(pool, question{[] { return 5; }}); }})
                  .get();
              return ask(std::move(inner));
          }) == "5");
}

TEST_CASE("a task that hands in another one does not wait for it, either") {
    CHECK(in_child([] {
              small_pool pool{1};
              std::string order;
              std::future<void> inner;
              hand_in(pool, task{[&] {
                          inner = hand_in(pool, task{[&] { order += " inner"; }});
                          order += "outer";
                      }})
                  .get();
              inner.get();
              return order;
          }) == "outer inner");
}

TEST_CASE("a closed pool accepts nothing from its own tasks, either") {
    CHECK(in_child([] {
              small_pool pool{1};
              std::latch closed{1};
              auto late = hand_in(pool, question{[&] {
                                      closed.wait();
                                      try {
                                          hand_in(pool, task{[] {}});
                                      } catch (const std::runtime_error&) {
                                          return 0;
                                      }
                                      return 1;
                                  }});
              pool.close();
              closed.count_down();
              return ask(std::move(late)) + " tasks are accepted";
          }) == "0 tasks are accepted");
}

TEST_CASE("what a task captured is gone when the pool is") {
    const auto captured = std::make_shared<int>(7);
    {
        small_pool pool{1};
        for (int i = 0; i < 3; ++i)
            hand_in(pool, question{[captured] { return *captured; }});
    }
    CHECK(captured.use_count() == 1);
}

TEST_CASE("a closed pool accepts nothing, and does what it had accepted") {
    CHECK(in_child([] {
              small_pool pool{1};
              std::latch go{1};
              hand_in(pool, task{[&] { go.wait(); }});
              auto accepted = hand_in(pool, question{[] { return 1; }});
              pool.close();
              std::string late = "accepted";
              try {
                  hand_in(pool, task{[] {}});
              } catch (const std::runtime_error&) {
                  late = "refused";
              }
              go.count_down();
              return late + ", and " + ask(std::move(accepted));
          }) == "refused, and 1");
}

TEST_CASE("any number of tasks may wait for a thread") {
    CHECK(in_child([] {
              int accepted = 0, done = 0; // by one thread each
              {
                  std::latch go{1};
                  small_pool pool{1};
                  hand_in(pool, task{[&] { go.wait(); }});
                  try {
                      for (; accepted < 20'000; ++accepted)
                          hand_in(pool, task{[&] { ++done; }});
                  } catch (const std::exception&) { // so it is full
                  }
                  go.count_down();
              }
              return std::to_string(accepted) + " accepted, " + std::to_string(done) +
                     " done";
          }) == "20000 accepted, 20000 done");
}

TEST_CASE("many threads hand in at the same time") {
    CHECK(in_child([] {
              std::atomic<int> done = 0;
              {
                  small_pool pool{2};
                  std::vector<std::jthread> users;
                  for (int u = 0; u < 3; ++u)
                      users.emplace_back([&] {
                          for (int i = 0; i < 200; ++i)
                              hand_in(pool, task{[&] { ++done; }});
                      });
              }
              return std::to_string(done) + " of 600 tasks were done";
          }) == "600 of 600 tasks were done");
}
