// The bounded queue. What could wait for ever runs in a child process; who sleeps is
// asked of the kernel, and not of a clock.

#include "blocked.hpp"
#include "bounded_queue.hpp"
#include "in_child.hpp"
#include "sanitizer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using ladder::blocked;
using ladder::bounded_queue;
using ladder::held;
using ladder::in_child;

namespace {

std::string text(const std::optional<int>& item) {
    return item ? std::to_string(*item) : "nothing";
}

const char* how(const blocked& thread) {
    if (thread.sleeps()) return "it sleeps";
    return thread.ended() ? "it does not wait" : "it waits, but not asleep";
}

/// Counts how many of them there are.
class counted {
public:
    explicit counted(int& there) : there_(&there) { ++*there_; }
    counted(const counted& other) : there_(other.there_) { ++*there_; }
    counted& operator=(const counted&) = default;
    ~counted() { --*there_; }

private:
    int* there_;
};

} // namespace

TEST_CASE("items come out in the order in which they went in") {
    bounded_queue<int> queue{3};
    CHECK(queue.push(1));
    CHECK(queue.push(2));
    CHECK(queue.push(3));
    CHECK(queue.size() == 3);
    CHECK(queue.pop() == 1);
    CHECK(queue.pop() == 2);
    CHECK(queue.pop() == 3);
    CHECK(queue.size() == 0);
}

TEST_CASE("items may be such that can only be moved") {
    bounded_queue<std::unique_ptr<int>> queue{1};
    CHECK(queue.push(std::make_unique<int>(7)));
    CHECK(**queue.pop() == 7);
}

TEST_CASE("an item needs no default constructor, and is gone when it was taken") {
    int there = 0;
    bounded_queue<counted> queue{2};
    for (int i = 0; i < 10; ++i) {
        CHECK(queue.push(counted{there}));
        queue.pop();
    }
    CHECK(there <= 2); // a place may keep what was moved out of it
}

TEST_CASE("two queues are two") {
    bounded_queue<int> one{2}, other{2};
    CHECK(one.push(1));
    CHECK(other.size() == 0);
    CHECK(other.push(2));
    CHECK(one.pop() == 1);
    CHECK(other.pop() == 2);
}

TEST_CASE("a large queue is no exception") {
    CHECK(in_child([] {
              bounded_queue<int> queue{100'000};
              for (int i = 0; i < 100'000; ++i)
                  queue.push(i);
              return std::to_string(queue.size());
          }) == "100000");
}

TEST_CASE("a push waits for room") {
    CHECK(in_child([] {
              bounded_queue<int> queue{2};
              queue.push(1);
              queue.push(2);
              const blocked push{[&] { queue.push(3); }};
              const std::string result = how(push);
              const auto size = queue.size();
              queue.pop();
              return result + ", the queue holds " + std::to_string(size);
          }) == "it sleeps, the queue holds 2");
}

TEST_CASE("a push waits for room, whatever the capacity") {
    CHECK(in_child([] {
              for (const std::size_t capacity : {1U, 3U, 100U}) {
                  bounded_queue<int> queue{capacity};
                  for (std::size_t i = 0; i < capacity; ++i)
                      queue.push(0);
                  const blocked push{[&] { queue.push(0); }};
                  push.sleeps(3);
                  const bool waits = !push.ended();
                  queue.pop();
                  if (!waits)
                      return "there is room for more than " + std::to_string(capacity);
              }
              return std::string{"it waits"};
          }) == "it waits");
}

TEST_CASE("a pop waits for an item") {
    CHECK(in_child([] {
              bounded_queue<int> queue{2};
              const blocked pop{[&] { queue.pop(); }};
              std::string result = how(pop);
              queue.push(1);
              return result;
          }) == "it sleeps");
}

TEST_CASE("who waits for an item gets it, and who waits for room too") {
    CHECK(in_child([] {
              bounded_queue<int> queue{1};
              std::optional<int> got;
              blocked pop{[&] { got = queue.pop(); }};
              pop.sleeps();
              queue.push(1);
              pop.join();
              queue.push(2);
              blocked push{[&] { queue.push(3); }};
              push.sleeps();
              const auto second = queue.pop();
              push.join();
              return text(got) + " " + text(second) + " " + text(queue.pop());
          }) == "1 2 3");
}

TEST_CASE("after close a push is refused, and what is there is still delivered") {
    CHECK(in_child([] {
              bounded_queue<int> queue{2};
              queue.push(1);
              queue.close();
              const std::string push = queue.push(2) ? "accepted" : "refused";
              const std::string left = ", left " + std::to_string(queue.size());
              const auto first = queue.pop(), second = queue.pop();
              return push + left + ", then " + text(first) + ", then " + text(second);
          }) == "refused, left 1, then 1, then nothing");
}

TEST_CASE(
    "after close the oldest still comes first, and a second close changes nothing") {
    CHECK(in_child([] {
              bounded_queue<int> queue{3};
              queue.push(1);
              queue.push(2);
              queue.close();
              queue.close();
              const std::string push = queue.push(3) ? "accepted" : "refused";
              const auto first = queue.pop(), second = queue.pop();
              return push + ", then " + text(first) + ", then " + text(second);
          }) == "refused, then 1, then 2");
}

TEST_CASE("close wakes all who wait") {
    CHECK(in_child([] {
              bounded_queue<int> empty{1}, full{1};
              full.push(0);
              std::atomic<int> woken = 0;
              {
                  const auto pop = [&] { woken += empty.pop().has_value() ? 0 : 1; };
                  const auto push = [&] { woken += full.push(1) ? 0 : 1; };
                  const std::array<blocked, 6> all{blocked{pop},  blocked{pop},
                                                   blocked{pop},  blocked{push},
                                                   blocked{push}, blocked{push}};
                  for (const blocked& each : all)
                      each.sleeps(3);
                  empty.close();
                  full.close();
              }
              return std::to_string(woken) + " of 6 are told that it is closed";
          }) == "6 of 6 are told that it is closed");
}

TEST_CASE("every item wakes somebody") {
    if (ladder::delays_signals) SKIP("those who sleep cannot be held there");
    CHECK(in_child([] {
              bounded_queue<int> queue{4};
              const auto pop = [&] { queue.pop(); };
              const blocked a{pop}, b{pop}, c{pop};
              for (const blocked* each : {&a, &b, &c})
                  each->sleeps(3);
              const held asleep{&a, &b, &c};
              for (const int item : {1, 2, 3}) // before anybody wakes up
                  queue.push(item);
              return std::string{"all have one"};
          }) == "all have one");
}

TEST_CASE("who waits for room is not forgotten over those who wait for an item") {
    if (ladder::delays_signals) SKIP("those who sleep cannot be held there");
    CHECK(in_child([] {
              bounded_queue<int> queue{1};
              const auto pop = [&] { queue.pop(); };
              const blocked a{pop}, b{pop}, c{pop};
              for (const blocked* each : {&a, &b, &c})
                  each->sleeps(3);
              std::optional<held> asleep{std::in_place, {&a, &b, &c}};
              queue.push(1); // wakes one, who will make room
              const blocked push{[&] {
                  queue.push(2);
                  queue.push(3);
              }};
              push.sleeps(3);
              asleep.reset();
              return std::string{"all have one"};
          }) == "all have one");
}

TEST_CASE("who wakes up and finds nothing waits again") {
    if (ladder::delays_signals) SKIP("those who sleep cannot be held there");
    CHECK(in_child([] {
              bounded_queue<int> queue{1};
              std::string got;
              {
                  const blocked late{[&] { got = text(queue.pop()); }};
                  late.sleeps(3);
                  {
                      const held asleep{&late};
                      queue.push(1); // wakes it,
                      queue.pop();   // and takes the item back before it is awake
                  }
                  late.sleeps(3);
                  queue.push(2);
              }
              return got;
          }) == "2");
}

TEST_CASE("many threads pass every item on once") {
    CHECK(in_child([] {
              constexpr int producers = 3, items = 500, all = producers * items;
              bounded_queue<int> queue{4};
              std::vector<std::atomic<int>> seen(all);
              std::atomic<int> pushing = producers, too_many = 0;
              {
                  std::vector<std::jthread> threads;
                  for (int p = 0; p < producers; ++p)
                      threads.emplace_back([&, p] {
                          for (int i = 0; i < items; ++i) {
                              queue.push(p * items + i);
                              too_many += queue.size() > 4 ? 1 : 0;
                          }
                          if (--pushing == 0) queue.close();
                      });
                  for (int c = 0; c < 3; ++c)
                      threads.emplace_back([&] {
                          while (const auto item = queue.pop())
                              ++seen[static_cast<std::size_t>(*item)];
                      });
              }
              int once = 0;
              for (const auto& times : seen)
                  once += times == 1 ? 1 : 0;
              return std::to_string(once) + " of 1500 came once, too many were there " +
                     std::to_string(too_many) + " times";
          }) == "1500 of 1500 came once, too many were there 0 times");
}
