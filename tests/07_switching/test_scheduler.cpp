// Who has the turn, and when.

#include "switching/scheduler.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>

#include <unistd.h>

using ladder::switching::scheduler;

TEST_CASE("tasks take turns, in the order in which they were spawned") {
    std::string order;
    scheduler tasks;
    for (const char name : {'a', 'b', 'c'})
        tasks.spawn([&, name] {
            for (int turn = 0; turn < 3; ++turn) {
                order += name;
                tasks.yield();
            }
        });
    CHECK(order.empty());
    tasks.run();
    CHECK(order == "abcabcabc");
}

TEST_CASE("a task that a task spawns waits for its turn like the others") {
    std::string order;
    scheduler tasks;
    tasks.spawn([&] {
        order += 'a';
        tasks.spawn([&] { order += 'c'; });
        tasks.yield();
        order += 'a';
    });
    tasks.spawn([&] { order += 'b'; });
    tasks.run();
    CHECK(order == "abca");
}

TEST_CASE("ten thousand tasks are one thread") {
    int ended = 0;
    bool elsewhere = false;
    scheduler tasks;
    for (int i = 0; i < 10'000; ++i)
        tasks.spawn([&, thread = ::gettid()] {
            tasks.yield();
            elsewhere = elsewhere || ::gettid() != thread;
            ++ended;
        });
    tasks.run();
    CHECK(ended == 10'000);
    CHECK_FALSE(elsewhere);
}

TEST_CASE("run() can be called again") {
    std::string order;
    scheduler tasks;
    tasks.run();
    tasks.spawn([&] { order += 'a'; });
    tasks.run();
    tasks.spawn([&] { order += 'b'; });
    tasks.run();
    CHECK(order == "ab");
}

TEST_CASE("tasks that never ran are thrown away with their scheduler") {
    const auto held = std::make_shared<int>(42);
    {
        scheduler tasks;
        for (int i = 0; i < 3; ++i)
            tasks.spawn([held] { FAIL("nobody called run()"); });
        CHECK(held.use_count() == 4);
    }
    CHECK(held.use_count() == 1);
}
