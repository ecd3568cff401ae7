// The bounded queue: order, room, both ways to end, and who sleeps meanwhile.

#include "blocked.hpp"
#include "threads/bounded_queue.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

using ladder::blocked;
using ladder::held;
using ladder::threads::bounded_queue;

TEST_CASE("items come out in the order in which they went in") {
    bounded_queue<int> queue{3};
    for (const int item : {1, 2, 3})
        CHECK(queue.push(item));
    CHECK(queue.size() == 3);
    for (const int item : {1, 2, 3})
        CHECK(queue.pop() == item);
    CHECK_FALSE(queue.try_pop().has_value());
}

TEST_CASE("a queue with room for nothing has room for one") {
    bounded_queue<int> queue{0};
    CHECK(queue.push(1));
    CHECK(queue.pop() == 1);
}

TEST_CASE("items may be such that can only be moved") {
    bounded_queue<std::unique_ptr<int>> queue{1};
    CHECK(queue.push(std::make_unique<int>(7)));
    CHECK(**queue.pop() == 7);
}

TEST_CASE("a push waits for room, asleep") {
    bounded_queue<int> queue{2};
    queue.push(1);
    queue.push(2);
    blocked push{[&] { queue.push(3); }};
    CHECK(push.sleeps());
    CHECK(queue.size() == 2);
    CHECK(queue.pop() == 1);
    push.join();
    CHECK(queue.pop() == 2);
    CHECK(queue.pop() == 3);
}

TEST_CASE("a pop waits for an item, asleep") {
    bounded_queue<int> queue{2};
    int got = 0;
    blocked pop{[&] { got = queue.pop().value_or(-1); }};
    CHECK(pop.sleeps());
    queue.push(7);
    pop.join();
    CHECK(got == 7);
}

TEST_CASE("what was there at close is still delivered, and then nothing") {
    bounded_queue<int> queue{2};
    queue.push(1);
    queue.close();
    CHECK_FALSE(queue.push(2));
    CHECK(queue.pop() == 1);
    CHECK_FALSE(queue.pop().has_value());
}

TEST_CASE("close wakes all who wait") {
    bounded_queue<int> empty{1}, full{1};
    full.push(0);
    std::atomic<int> refused = 0;
    const auto pop = [&] { refused += empty.pop().has_value() ? 0 : 1; };
    const auto push = [&] { refused += full.push(1) ? 0 : 1; };
    blocked a{pop}, b{pop}, c{push}, d{push};
    for (blocked* each : {&a, &b, &c, &d})
        CHECK(each->sleeps());
    empty.close();
    full.close();
    for (blocked* each : {&a, &b, &c, &d})
        each->join();
    CHECK(refused == 4);
}

TEST_CASE("a stop wakes the one who was asked to stop, and no other") {
    bounded_queue<int> queue{1};
    std::stop_source source;
    bool stopped = false;
    int got = 0;
    blocked patient{[&] { got = queue.pop().value_or(-1); }};
    blocked asked{[&] { stopped = !queue.pop(source.get_token()).has_value(); }};
    CHECK(patient.sleeps());
    CHECK(asked.sleeps());
    source.request_stop();
    asked.join();
    CHECK(stopped);
    queue.push(7);
    patient.join();
    CHECK(got == 7);
}

TEST_CASE("who was asked to stop takes nothing and adds nothing") {
    bounded_queue<int> queue{2};
    std::stop_source source;
    source.request_stop();
    queue.push(1);
    CHECK_FALSE(queue.pop(source.get_token()).has_value());
    CHECK_FALSE(queue.push(2, source.get_token()));
    CHECK(queue.size() == 1);
}

TEST_CASE("a notice that reaches one who stops goes on to the next") {
    for (int round = 0; round < 20; ++round) {
        bounded_queue<int> queue{1};
        std::stop_source source;
        std::atomic<int> taken = 0;
        const auto take = [&](const std::stop_token& stop) {
            taken += queue.pop(stop).has_value() ? 1 : 0;
        };
        blocked stops{[&] { take(source.get_token()); }};
        blocked stays{[&] { take({}); }};
        CHECK(stops.sleeps());
        CHECK(stays.sleeps());
        {
            const held asleep{&stops, &stays};
            queue.push(1);         // notifies one of them,
            source.request_stop(); // before it is awake
        }
        stops.join();
        if (taken == 1) queue.close();
        stays.join();
        CHECK(taken == 1);
    }
}

TEST_CASE("clear takes out what nobody has taken, and makes room") {
    bounded_queue<int> queue{2};
    queue.push(1);
    queue.push(2);
    blocked push{[&] { queue.push(3); }};
    CHECK(push.sleeps());
    CHECK(queue.clear().size() == 2);
    push.join();
    CHECK(queue.pop() == 3);
}

TEST_CASE("many threads pass every item on once") {
    constexpr int producers = 4, items = 2'000, all = producers * items;
    bounded_queue<int> queue{8};
    std::vector<int> seen(all);
    std::atomic<int> pushing = producers;
    {
        std::vector<std::jthread> threads;
        for (int p = 0; p < producers; ++p)
            threads.emplace_back([&, p] {
                for (int i = 0; i < items; ++i)
                    queue.push(p * items + i);
                if (--pushing == 0) queue.close();
            });
        for (int c = 0; c < 4; ++c)
            threads.emplace_back([&] {
                while (const auto item = queue.pop())
                    ++seen[static_cast<std::size_t>(*item)]; // a race, if one came twice
            });
    }
    CHECK(seen == std::vector<int>(all, 1));
}
