// Rung 03's ring, in every order of a sender and a receiver. They are threads here and
// stand in for processes: what they share is the ring's memory alone.

#include "in_every_order.hpp"
#include "ipc_queues/spsc_ring.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <thread>

using ladder::require;
using namespace ladder::ipc_queues;

IN_EVERY_ORDER("in every order, a ring gives what was pushed, once, in that order") {
    spsc_ring<int, 2> ring;
    int pushed = 0, expected = 1;
    const auto pop = [&] {
        if (const auto got = ring.try_pop())
            require(*got == expected++, "another value comes, or one twice");
    };
    std::thread sender{[&] {
        for (int value = 1; value <= 3; ++value)
            if (ring.try_push(value))
                ++pushed;
            else
                break; // full, and it says so
    }};
    pop();
    pop();
    sender.join();
    for (int i = 0; i < 3; ++i)
        pop();
    require(pushed >= 2, "it says that it is full, and is not");
    require(expected == pushed + 1, "what was pushed is lost");
}

IN_EVERY_ORDER("in every order, a queue on the ring loses nothing, waits, and ends") {
    ring_queue<int, 1> queue;
    std::thread sender{[&] {
        queue.send(1);
        queue.send(2); // waits until there is room
        queue.close();
    }};
    require(queue.receive() == 1, "the first value is not the first");
    require(queue.receive() == 2, "the second value is not the second");
    require(queue.receive() == std::nullopt, "there is more behind the end");
    require(queue.receive() == std::nullopt, "it is open again");
    sender.join();
}

FOR_EVER_ASLEEP("in every order, a receiver sleeps while there is nothing") {
    ring_queue<int, 1> queue;
    std::thread receiver{[&] { queue.receive(); }};
    receiver.join();
}
