// The bounded queue in every order of its threads: each rule with two or three of them,
// and a few items.

#include "bounded_queue.hpp"
#include "in_every_order.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <thread>

using ladder::bounded_queue;
using ladder::require;

IN_EVERY_ORDER("in every order, a producer and a consumer pass all items on") {
    bounded_queue<int> queue{1};
    std::thread producer{[&] {
        require(queue.push(1), "a push of an open queue is refused");
        queue.push(2);
        queue.close();
    }};
    require(queue.pop() == 1, "the first item is not 1");
    require(queue.pop() == 2, "the second item is not 2");
    require(!queue.pop(), "there is an item after the last one");
    producer.join();
}

IN_EVERY_ORDER("in every order, two consumers share what comes") {
    bounded_queue<int> queue{2};
    std::optional<int> one, other;
    std::thread a{[&] { one = queue.pop(); }}, b{[&] { other = queue.pop(); }};
    queue.push(1);
    queue.push(2);
    a.join();
    b.join();
    require(one && other && *one + *other == 3, "A and B do not have 1 and 2");
}

IN_EVERY_ORDER(
    "in every order, one item is for one, and the other is told that it is over") {
    bounded_queue<int> queue{1};
    std::optional<int> one, other;
    std::thread a{[&] { one = queue.pop(); }}, b{[&] { other = queue.pop(); }};
    queue.push(1);
    queue.close();
    a.join();
    b.join();
    require(one.has_value() != other.has_value(), "not exactly one has the item");
}

IN_EVERY_ORDER("in every order, two producers find room for both") {
    bounded_queue<int> queue{1};
    std::thread a{[&] { queue.push(1); }}, b{[&] { queue.push(2); }};
    const auto first = queue.pop(), second = queue.pop();
    a.join();
    b.join();
    require(first && second && *first + *second == 3, "1 and 2 do not come out");
    require(queue.size() == 0, "it is not empty afterwards");
}

IN_EVERY_ORDER("in every order, two producers find room for both, twice") {
    bounded_queue<int> queue{2};
    queue.push(0);
    queue.push(0);
    std::thread a{[&] { queue.push(1); }}, b{[&] { queue.push(2); }};
    queue.pop();
    queue.pop();
    a.join(); // both have room now, and nobody takes anything more
    b.join();
    require(queue.size() == 2, "1 and 2 are not both there");
}

IN_EVERY_ORDER("in every order, there are never more than fit") {
    bounded_queue<int> queue{1};
    std::thread a{[&] { queue.push(1); }}, b{[&] { queue.push(2); }};
    require(queue.size() <= 1, "2 items in a queue for 1");
    queue.pop();
    require(queue.size() <= 1, "2 items in a queue for 1");
    queue.pop();
    a.join();
    b.join();
}

IN_EVERY_ORDER("in every order, close wakes all who wait") {
    bounded_queue<int> empty{1}, full{1};
    full.push(0);
    bool a_got = true, b_pushed = true;
    std::thread a{[&] { a_got = empty.pop().has_value(); }},
        b{[&] { b_pushed = full.push(1); }};
    empty.close();
    full.close();
    a.join();
    b.join();
    require(!a_got, "an item comes out of an empty queue");
    require(!b_pushed, "an item goes into a full queue");
}

IN_EVERY_ORDER("in every order, close wakes all consumers") {
    bounded_queue<int> queue{1};
    std::thread a{[&] { queue.pop(); }}, b{[&] { queue.pop(); }};
    queue.close();
    a.join();
    b.join();
}

IN_EVERY_ORDER("in every order, what was accepted is delivered, closed or not") {
    bounded_queue<int> queue{1};
    bool accepted = false;
    std::thread a{[&] { accepted = queue.push(1); }};
    queue.close();
    const auto item = queue.pop();
    a.join();
    const auto late = queue.pop();
    require(accepted == (item.has_value() || late.has_value()),
            "an item was accepted and did not come, or was refused and came");
    require(!item || !late, "one item came twice");
}

IN_EVERY_ORDER("in every order, a push that has waited is refused, or delivered") {
    bounded_queue<int> queue{1};
    queue.push(0);
    bool accepted = false;
    std::thread a{[&] { accepted = queue.push(1); }};
    queue.pop(); // there is room, and then it is closed
    queue.close();
    const auto item = queue.pop();
    a.join();
    require(accepted || !item, "an item was refused and came");
    require(!accepted || item, "after close an item goes into a queue that was empty");
}

IN_EVERY_ORDER(
    "in every order, nobody is forgotten with one place and two of each kind") {
    bounded_queue<int> queue{1};
    std::thread a{[&] { queue.pop(); }}, b{[&] { queue.pop(); }},
        c{[&] { queue.push(1); }};
    queue.push(2);
    a.join();
    b.join();
    c.join();
    require(queue.size() == 0, "an item was left");
}

IN_EVERY_ORDER("in every order, what is pushed wakes somebody of its own queue") {
    bounded_queue<int> one{1}, other{1};
    std::thread a{[&] { one.pop(); }}, b{[&] { other.pop(); }};
    other.push(1);
    b.join();
    one.push(2);
    a.join();
}

FOR_EVER_ASLEEP("in every order, a pop of an empty queue sleeps") {
    bounded_queue<int> queue{1};
    std::thread a{[&] { queue.pop(); }};
    a.join();
}

FOR_EVER_ASLEEP("in every order, a push of a full queue sleeps") {
    bounded_queue<int> queue{1};
    std::thread a{[&] { queue.push(1); }};
    queue.push(2);
    a.join();
}
