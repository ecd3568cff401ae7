#include "fibers/fiber_group.hpp"
#include "leftovers.hpp"

#include <boost/fiber/operations.hpp>
#include <boost/fiber/protected_fixedsize_stack.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

using ladder::leftovers;
using ladder::fibers::fiber_group;

TEST_CASE("a fiber begins when the one that started it waits") {
    std::string order;
    fiber_group group;
    group.spawn([&] { order += 'a'; });
    group.spawn([&] { order += 'b'; });
    CHECK(order.empty());
    CHECK(group.size() == 2);
    group.join();
    CHECK(order == "ab");
    CHECK(group.size() == 0);
}

TEST_CASE("fibers take turns where they yield") {
    std::string order;
    fiber_group group;
    for (const char name : {'a', 'b', 'c'})
        group.spawn([&, name] {
            for (int turn = 0; turn < 3; ++turn) {
                order += name;
                boost::this_fiber::yield();
            }
        });
    group.join();
    CHECK(order == "abcabcabc");
}

TEST_CASE("join() waits for fibers that fibers start") {
    int ended = 0;
    fiber_group group;
    group.spawn([&] {
        for (int i = 0; i < 3; ++i)
            group.spawn([&] {
                boost::this_fiber::sleep_for(std::chrono::milliseconds{1});
                ++ended;
            });
    });
    group.join();
    CHECK(ended == 3);
}

TEST_CASE("the first error comes out of join(), once, and ends nobody else") {
    int ended = 0;
    fiber_group group;
    group.spawn([&] {
        boost::this_fiber::yield();
        ++ended;
    });
    group.spawn([] { throw std::runtime_error{"first"}; });
    group.spawn([] { throw std::runtime_error{"second"}; });
    CHECK_THROWS_WITH(group.join(), "first");
    CHECK(ended == 1);
    CHECK_NOTHROW(group.join());
}

TEST_CASE("the destructor waits, also when there was an error") {
    int ended = 0;
    {
        fiber_group group;
        group.spawn([] { throw std::runtime_error{"nobody asks"}; });
        group.spawn([&] {
            boost::this_fiber::sleep_for(std::chrono::milliseconds{1});
            ++ended;
        });
    }
    CHECK(ended == 1);
}

TEST_CASE("work may be such that can only be moved, and on any stack") {
    int value = 0;
    fiber_group group;
    group.spawn(std::allocator_arg, boost::fibers::protected_fixedsize_stack{32 << 10},
                [&, number = std::make_unique<int>(42)] { value = *number; });
    group.join();
    CHECK(value == 42);
}

TEST_CASE("a group leaves nothing behind") {
    const auto before = leftovers::now();
    {
        fiber_group group;
        for (int i = 0; i < 100; ++i)
            group.spawn([] { boost::this_fiber::yield(); });
        group.join();
    }
    CHECK(leftovers::since(before) == "");
}
