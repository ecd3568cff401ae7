// Checks a timer queue with a clock that stands still until the test moves it.

#include "timer_queue.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using ladder::timer_queue;

namespace {

const auto start = timer_queue::clock::time_point{} + 1h;

/// A queue that writes down what it calls.
struct diary {
    timer_queue timers{};
    std::string called{};

    timer_queue::timer add(std::chrono::nanoseconds in, const std::string& name) {
        return timers.call_at(start + in, [this, name] { called += name; });
    }
};

} // namespace

TEST_CASE("a timer is called once, when its time has come and not before") {
    diary d;
    d.add(10ms, "a");
    d.timers.call_due(start);
    CHECK(d.called.empty());
    d.timers.call_due(start + 10ms - 1ns);
    CHECK(d.called.empty());
    d.timers.call_due(start + 10ms);
    CHECK(d.called == "a");
    d.timers.call_due(start + 20ms);
    CHECK(d.called == "a");
}

TEST_CASE("timers are called in the order of their times, and then of their making") {
    diary d;
    d.add(3ms, "e");
    d.add(2ms, "b");
    d.add(1ms, "a");
    d.add(2ms, "c");
    d.add(2ms, "d");
    d.add(9ms, "z");
    d.timers.call_due(start + 5ms);
    CHECK(d.called == "abcde");
}

TEST_CASE("the loop may sleep until the next timer, and for ever without one") {
    diary d;
    CHECK(d.timers.wait_in_ms(start) == -1);
    d.add(5s, "b");
    CHECK(d.timers.wait_in_ms(start) == 5000);
    d.add(2s, "a");
    CHECK(d.timers.wait_in_ms(start) == 2000);
    CHECK(d.timers.wait_in_ms(start + 1s) == 1000);
    d.timers.call_due(start + 2s);
    CHECK(d.timers.wait_in_ms(start + 2s) == 3000);
}

TEST_CASE("a timer that is late lets the loop not sleep at all") {
    diary d;
    d.add(1ms, "a");
    CHECK(d.timers.wait_in_ms(start + 1ms) == 0);
    INFO("why: -1 would be for ever");
    CHECK(d.timers.wait_in_ms(start + 1h) == 0);
}

TEST_CASE("the loop never wakes up a little too early") {
    diary d;
    d.add(1500us, "a");
    INFO("why: a loop that wakes up before the time finds nothing to do, and waits for "
         "0 ms, again and again, until it is time");
    CHECK(d.timers.wait_in_ms(start) == 2);
    CHECK(d.timers.wait_in_ms(start + 1499us) == 1);
}

TEST_CASE("a timer in a year is no timer in the past") {
    diary d;
    d.add(24h * 365, "a");
    INFO("why: a year has more milliseconds than an int can hold");
    CHECK(d.timers.wait_in_ms(start) == std::numeric_limits<int>::max());
}

TEST_CASE("a cancelled timer is not called, and nobody waits for it") {
    diary d;
    const auto a = d.add(1ms, "a");
    const auto b = d.add(1ms, "b");
    CHECK(d.timers.cancel(a));
    CHECK_FALSE(d.timers.cancel(a));
    d.timers.call_due(start + 1ms);
    CHECK(d.called == "b");
    CHECK_FALSE(d.timers.cancel(b));
    d.timers.cancel(d.add(1s, "c"));
    CHECK(d.timers.wait_in_ms(start) == -1);
}

TEST_CASE("a callback may cancel another one that is due as well") {
    diary d;
    timer_queue::timer b;
    bool did = false;
    d.timers.call_at(start, [&] { did = d.timers.cancel(b); });
    b = d.add(1ms, "b");
    d.add(2ms, "c");
    d.timers.call_due(start + 5ms);
    CHECK(did);
    INFO("why: a timer whose page is done would close the page's next connection");
    CHECK(d.called == "c");
}

TEST_CASE("what a callback adds is not lost, and waits for the next round") {
    diary d;
    int rounds = 0;
    std::function<void()> again = [&] {
        if (++rounds < 1000) d.timers.call_at(start, again);
    };
    d.timers.call_at(start, again);
    d.add(0ms, "b");
    d.timers.call_due(start);
    INFO("why: a callback that adds itself for now would keep the loop from its sockets");
    CHECK(rounds == 1);
    CHECK(d.called == "b");
    CHECK(d.timers.wait_in_ms(start) == 0);
    d.timers.call_due(start);
    CHECK(rounds == 2);
}

TEST_CASE("what a callback adds holds up none of those that are due") {
    diary d;
    d.timers.call_at(start, [&] { d.add(1ms, "new"); });
    d.add(2ms, "b");
    d.timers.call_due(start + 2ms);
    CHECK(d.called == "b");
    d.timers.call_due(start + 2ms);
    CHECK(d.called == "bnew");
}

TEST_CASE("a callback that throws is not called again, and the others still are") {
    diary d;
    d.add(0ms, "a");
    d.timers.call_at(start, [&] {
        d.called += "!";
        throw std::runtime_error{"oops"};
    });
    d.add(1ms, "b");
    CHECK_THROWS_AS(d.timers.call_due(start + 1ms), std::runtime_error);
    CHECK(d.called == "a!");
    d.timers.call_due(start + 1ms);
    CHECK(d.called == "a!b");
}

TEST_CASE("a timer for the past is called in its order, before those of now") {
    diary d;
    d.add(0ms, "c");
    d.add(-2ms, "a");
    d.add(-1ms, "b");
    CHECK(d.timers.wait_in_ms(start) == 0);
    d.timers.call_due(start);
    CHECK(d.called == "abc");
}

TEST_CASE("what a callback adds for the past waits for the next round, too") {
    diary d;
    d.timers.call_at(start, [&] { d.add(-1h, "new"); });
    d.add(1ms, "b");
    d.timers.call_due(start + 1ms);
    CHECK(d.called == "b");
    d.timers.call_due(start + 1ms);
    CHECK(d.called == "bnew");
}

TEST_CASE("a callback that cancels itself was not going to be called any more") {
    diary d;
    timer_queue::timer own;
    bool was_there = true;
    own = d.timers.call_at(start, [&] { was_there = d.timers.cancel(own); });
    d.timers.call_due(start);
    CHECK_FALSE(was_there);
}

TEST_CASE("whatever a callback throws leaves as it was") {
    diary d;
    d.timers.call_at(start, [] { throw 42; });
    d.timers.call_at(start, [] { throw std::out_of_range{"no such page"}; });
    d.add(0ms, "c");
    CHECK_THROWS_AS(d.timers.call_due(start), int);
    CHECK_THROWS_AS(d.timers.call_due(start), std::out_of_range);
    d.timers.call_due(start);
    CHECK(d.called == "c");
}

TEST_CASE("two queues are two, and have room for 100,000 timers") {
    diary one, other;
    const auto a = one.add(1ms, "a");
    other.add(1ms, "b");
    CHECK(one.timers.cancel(a));
    other.timers.call_due(start + 1ms);
    CHECK(other.called == "b");
    int called = 0;
    for (int i = 0; i < 100'000; ++i)
        one.timers.call_at(start, [&] { ++called; });
    one.timers.call_due(start);
    CHECK(called == 100'000);
}
