#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/yield.hpp"
#include "sanitizer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/future.hpp>
#include <boost/fiber/unbuffered_channel.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using namespace ladder::fibers_on_asio;
using boost::fibers::fiber;

namespace {

void wait(event_loop& loop, std::chrono::milliseconds time) {
    asio::steady_timer{loop.context(), time}.async_wait(yield);
}

long voluntary_switches_of_this_thread() {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

} // namespace

TEST_CASE("while one fiber waits, the others run") {
    event_loop loop;
    std::string order;
    fiber slow{[&] {
        order += "a";
        wait(loop, 50ms);
        order += "A";
    }};
    fiber fast{[&] {
        order += "b";
        wait(loop, 1ms);
        order += "B";
    }};
    slow.join();
    fast.join();
    CHECK(order == "abBA");
}

TEST_CASE("a thread can have an event loop again and again") {
    for (int i = 0; i < 100; ++i) {
        event_loop loop;
        fiber waits{[&] { wait(loop, 1ms); }};
        waits.join();
    }
}

TEST_CASE("a thread has plain fibers before, between and after event loops") {
    const auto plain = [] {
        int turns = 0;
        fiber a{[&] { boost::this_fiber::sleep_for(1ms), ++turns; }};
        fiber b{[&] { boost::this_fiber::yield(), ++turns; }};
        a.join();
        b.join();
        CHECK(turns == 2);
    };
    plain();
    for (int i = 0; i < 3; ++i) {
        {
            event_loop loop;
            wait(loop, 1ms);
            plain();
        }
        plain();
    }
}

TEST_CASE("a fiber that slept before the loop was made wakes up in it") {
    bool awake = false;
    fiber sleeps{[&] { boost::this_fiber::sleep_for(5ms), awake = true; }};
    boost::this_fiber::yield();
    event_loop loop;
    sleeps.join();
    CHECK(awake);
}

TEST_CASE("a second event loop in one thread is refused") {
    event_loop loop;
    CHECK_THROWS_AS(event_loop{}, std::logic_error);
    wait(loop, 1ms); // the first still works
    bool refused = false;
    fiber inner{[&] {
        try {
            event_loop second;
        } catch (const std::logic_error&) {
            refused = true;
        }
    }};
    inner.join();
    CHECK(refused);
}

TEST_CASE("a fiber that is always ready does not starve one that waits for a socket") {
    event_loop loop;
    asio::local::stream_protocol::socket a{loop.context()};
    asio::local::stream_protocol::socket b{loop.context()};
    asio::local::connect_pair(a, b);
    bool arrived = false;
    fiber reader{[&] {
        std::array<char, 1> byte{};
        a.async_read_some(asio::buffer(byte), yield);
        arrived = true;
    }};
    fiber busy{[&] {
        boost::this_fiber::yield(); // the reader has begun
        b.write_some(asio::buffer("x", 1));
        while (!arrived)
            boost::this_fiber::yield();
    }};
    busy.join();
    reader.join();
    CHECK(arrived);
}

TEST_CASE("a fiber that is always ready does not starve one that sleeps") {
    event_loop loop;
    bool awake = false;
    fiber sleeps{[&] { boost::this_fiber::sleep_for(1ms), awake = true; }};
    while (!awake)
        boost::this_fiber::yield();
    sleeps.join();
}

TEST_CASE("a handler may start fibers") {
    event_loop loop;
    fiber started;
    bool ran = false;
    asio::post(loop.context(), [&] {
        started = fiber{[&] {
            wait(loop, 1ms);
            ran = true;
        }};
    });
    while (!started.joinable())
        boost::this_fiber::yield();
    started.join();
    CHECK(ran);
}

TEST_CASE("another thread wakes a fiber, whatever the loop has to wait for") {
    if (ladder::blind_to_fiber_locks) SKIP("ThreadSanitizer does not see their locks");
    event_loop loop;
    fiber neighbour;
    SECTION("nothing at all") {}
    SECTION("a timer") {
        neighbour = fiber{[&] { wait(loop, 50ms); }};
    }
    SECTION("a sleeping fiber") {
        neighbour = fiber{[] { boost::this_fiber::sleep_for(50ms); }};
    }
    constexpr int rounds = 1000;
    boost::fibers::buffered_channel<int> there{2};
    boost::fibers::buffered_channel<int> back{2};
    std::thread echo{[&] {
        for (int value = 0;
             there.pop(value) == boost::fibers::channel_op_status::success;)
            back.push(value);
    }};
    int sum = 0;
    fiber asks{[&] {
        for (int i = 0; i < rounds; ++i) {
            there.push(i);
            int value = 0;
            back.pop(value);
            sum += value;
        }
        there.close();
    }};
    asks.join();
    echo.join();
    if (neighbour.joinable()) neighbour.join();
    CHECK(sum == rounds * (rounds - 1) / 2);
}

TEST_CASE("another thread fulfils a promise") {
    if (ladder::blind_to_fiber_locks) SKIP("ThreadSanitizer does not see their locks");
    event_loop loop;
    for (int i = 0; i < 100; ++i) {
        boost::fibers::promise<int> answer;
        std::thread thinks{[&] { answer.set_value(i); }};
        CHECK(answer.get_future().get() == i);
        thinks.join();
    }
}

TEST_CASE("another thread posts to the loop") {
    event_loop loop;
    boost::fibers::unbuffered_channel<int> values;
    std::vector<fiber> pushing; // only the handlers, and so only this thread, change it
    std::thread other{[&] {
        for (int i = 0; i < 100; ++i)
            asio::post(loop.context(), [&, i] {
                // A handler may not wait, but it may start a fiber that does.
                pushing.emplace_back([&, i] { values.push(i); });
            });
    }};
    int sum = 0;
    for (int i = 0; i < 100; ++i)
        sum += values.value_pop();
    other.join();
    for (fiber& f : pushing)
        f.join();
    CHECK(sum == 99 * 100 / 2);
}

TEST_CASE("a loop with nothing to do sleeps, and does not even look up every second") {
    event_loop loop;
    wait(loop, 1ms);
    const long before = voluntary_switches_of_this_thread();
    wait(loop, 2200ms);
    const long switches = voluntary_switches_of_this_thread() - before;
    CHECK(switches >= 1);
    CHECK(switches < 3); // one for the timer; a tick per second would make it three
}

TEST_CASE("every thread has its own loop, and fibers stay on their thread") {
    std::vector<std::thread> threads;
    std::vector<int> moved(4);
    for (int& count : moved)
        threads.emplace_back([&] {
            event_loop loop;
            const auto home = std::this_thread::get_id();
            std::vector<fiber> fibers;
            for (int i = 0; i < 20; ++i)
                fibers.emplace_back([&] {
                    for (int round = 0; round < 10; ++round) {
                        wait(loop, 1ms);
                        count += std::this_thread::get_id() != home;
                    }
                });
            for (fiber& f : fibers)
                f.join();
        });
    for (auto& thread : threads)
        thread.join();
    for (const int count : moved)
        CHECK(count == 0);
}

TEST_CASE("processes that fork first each have their own loop") {
    const pid_t child = fork();
    if (child == 0) {
        {
            event_loop loop;
            wait(loop, 1ms);
        }
        _exit(7);
    }
    {
        event_loop loop;
        wait(loop, 5ms);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 7);
}
