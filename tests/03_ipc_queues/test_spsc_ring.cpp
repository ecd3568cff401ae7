// The ring without a lock, and the queue made of it.

#include "ipc_queues/asleep.hpp"
#include "ipc_queues/shared_memory.hpp"
#include "ipc_queues/spsc_ring.hpp"
#include "processes/child_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include <sched.h>

using namespace std::chrono_literals;
using namespace ladder::ipc_queues;
using ladder::processes::child_process;

namespace {

constexpr long count = 100'000;

struct value {
    long number = 0;
    long same = 0; ///< Torn, if it differs.
};

} // namespace

TEST_CASE("a ring takes as many as it has places, and gives them back in order") {
    spsc_ring<int, 4> ring;
    for (int round = 0; round < 10; ++round) { // over its end, again and again
        for (int i = 0; i < 4; ++i)
            CHECK(ring.try_push(i));
        CHECK_FALSE(ring.try_push(4));
        for (int i = 0; i < 4; ++i)
            CHECK(ring.try_pop() == i);
        CHECK(ring.try_pop() == std::nullopt);
        CHECK(ring.try_push(1));
        CHECK(ring.try_pop() == 1);
    }
}

TEST_CASE("two threads pass values through a ring, whole and in order") {
    spsc_ring<value, 8> ring; // ThreadSanitizer looks at this one
    std::jthread sender{[&] {
        for (long i = 0; i < count; ++i)
            while (!ring.try_push({i, i}))
                ::sched_yield();
    }};
    long wrong = 0;
    for (long i = 0; i < count;) {
        if (const auto got = ring.try_pop())
            wrong += got->number != i++ || got->same != got->number;
        else
            ::sched_yield();
    }
    CHECK(wrong == 0);
}

TEST_CASE("two processes pass values through a queue, up to the close marker") {
    const shared<ring_queue<value, 8>> queue;
    auto sender = child_process::fork([&] {
        for (long i = 0; i < count; ++i)
            queue->send({i, i});
        queue->close();
        return 0;
    });
    long wrong = 0, received = 0;
    while (const auto got = queue->receive())
        wrong += got->number != received++ || got->same != got->number;
    CHECK(wrong == 0);
    CHECK(received == count);
    CHECK_FALSE(queue->receive()); // it stays closed
    CHECK(sender.wait().success());
}

TEST_CASE("a full queue makes its sender wait, or give up when it said for how long") {
    const shared<ring_queue<int, 4>> queue;
    const shared<std::atomic<int>> sent{0};
    auto sender = child_process::fork([&] {
        for (int i = 0; i < 10; ++i) {
            queue->send(i);
            ++*sent;
        }
        return 0;
    });
    REQUIRE(wait_until_asleep(sender.pid()));
    CHECK(*sent == 4);
    CHECK(queue->receive() == 0);
    REQUIRE(wait_until_asleep(sender.pid()));
    CHECK(*sent == 5);
    CHECK_FALSE(queue->send_for(99, 1ms)); // takes no other's place
    for (int i = 1; i < 10; ++i)
        CHECK(queue->receive() == i);
    CHECK(sender.wait().success());
}

TEST_CASE(
    "a receiver sleeps until something comes, and whoever is killed locks nothing") {
    const shared<ring_queue<int, 4>> queue;
    const auto receive = [&] { return queue->receive().value_or(0); };
    for (int i = 1; i <= 10; ++i) {
        auto killed = child_process::fork(receive);
        REQUIRE(wait_until_asleep(killed.pid()));
        killed.kill(SIGKILL);
        CHECK(killed.wait().signal() == SIGKILL);
    }
    auto heir = child_process::fork(receive); // one receiver at a time: this one now
    REQUIRE(wait_until_asleep(heir.pid()));
    CHECK(queue->send_for(7, 10s));
    CHECK(heir.wait().code() == 7);
}

TEST_CASE("a semaphore waits for so long and no longer") {
    shared_semaphore one{1};
    CHECK(one.wait_for(0ms));
    CHECK_FALSE(one.wait_for(0ms));
    CHECK_FALSE(one.wait_for(1ms));
    one.post();
    one.wait();
}
