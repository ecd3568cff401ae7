// A scheduler in one thread: who has the turn, what an error does, and what is unwound.

#include "../in_a_process.hpp"
#include "round_robin.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>

using ladder::in_a_process;
using ladder::round_robin;

namespace {

constexpr std::size_t enough = 1'000;

/// Tasks write their names, once in each turn.
struct writers {
    std::string order;
    round_robin tasks;

    void spawn(char name, int turns) {
        tasks.spawn([this, name, turns] {
            for (int turn = 1; turn <= turns; ++turn) {
                order += name;
                if (turn < turns) tasks.yield();
            }
        });
    }
};

void yield_deep(round_robin& tasks, int depth) {
    if (depth > 0)
        yield_deep(tasks, depth - 1);
    else
        tasks.yield();
}

/// The message of what run() throws, or "nothing".
std::string thrown_by(round_robin& tasks, std::size_t turns) {
    try {
        tasks.run(turns);
        return "nothing";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

} // namespace

TEST_CASE("tasks that need one turn have it in the order of the queue") {
    writers w;
    for (const char name : {'a', 'b', 'c'})
        w.spawn(name, 1);
    CHECK(w.order.empty());
    w.tasks.run(enough);
    CHECK(w.order == "abc");
}

TEST_CASE("tasks take turns") {
    writers w;
    for (const char name : {'a', 'b', 'c'})
        w.spawn(name, 3);
    w.tasks.run(enough);
    CHECK(w.order == "abcabcabc");
}

TEST_CASE("a task that ends costs its neighbour no turn") {
    writers w;
    w.spawn('a', 1);
    w.spawn('b', 3);
    w.spawn('c', 2);
    w.tasks.run(enough);
    CHECK(w.order == "abcbcb");
}

TEST_CASE("a task that a task spawns goes to the end of the queue") {
    writers w;
    w.tasks.spawn([&] {
        w.order += 'a';
        w.spawn('c', 1);
        w.tasks.yield();
        w.order += 'a';
    });
    w.spawn('b', 1);
    w.spawn('d', 1);
    w.tasks.run(enough);
    CHECK(w.order == "abdca");
}

TEST_CASE("a task may yield from the depth of a recursion") {
    writers w;
    w.tasks.spawn([&] {
        yield_deep(w.tasks, 10);
        w.order += 'a';
    });
    w.spawn('b', 1);
    w.tasks.run(enough);
    CHECK(w.order == "ba");
}

TEST_CASE("run() gives out as many turns as it is asked for") {
    writers w;
    for (const char name : {'a', 'b', 'c'})
        w.spawn(name, 3);
    w.tasks.run(2);
    CHECK(w.order == "ab");
    w.tasks.run(2);
    CHECK(w.order == "abca");
    w.tasks.run(0);
    CHECK(w.order == "abca");
    w.tasks.run(std::numeric_limits<std::size_t>::max());
    CHECK(w.order == "abcabcabc");
}

TEST_CASE("run() says whether tasks are left") {
    writers w;
    CHECK_FALSE(w.tasks.run(enough));
    w.spawn('a', 2);
    w.spawn('b', 1);
    CHECK(w.tasks.run(0));
    CHECK(w.tasks.run(1));
    CHECK(w.tasks.run(1));
    CHECK_FALSE(w.tasks.run(1));
}

TEST_CASE("what a task throws comes out of run(), in its turn") {
    const auto out = in_a_process([] {
        writers w;
        w.spawn('a', 3);
        w.tasks.spawn([&] {
            w.tasks.yield();
            throw std::runtime_error{"no luck"};
        });
        return thrown_by(w.tasks, 3) == "nothing" && // a, the other one, a
               thrown_by(w.tasks, 1) == "no luck" && w.order == "aa";
    });
    INFO("why: above the task, on its stack, is nobody who could catch it");
    CHECK(out == "yes");
}

TEST_CASE("after an exception the others go on, each in its place") {
    const auto went_on = in_a_process([] {
        writers w;
        w.tasks.spawn([] { throw std::runtime_error{"no luck"}; });
        w.spawn('a', 2);
        w.spawn('b', 2);
        if (thrown_by(w.tasks, enough) != "no luck") return false;
        return !w.tasks.run(enough) && w.order == "abab";
    });
    CHECK(went_on == "yes");
}

TEST_CASE("each error ends its run(), however many turns are left") {
    const auto each = in_a_process([] {
        writers w;
        w.tasks.spawn([] { throw std::runtime_error{"one"}; });
        w.spawn('a', 2);
        w.tasks.spawn([] { throw std::runtime_error{"two"}; });
        return thrown_by(w.tasks, enough) == "one" && w.order.empty() &&
               thrown_by(w.tasks, enough) == "two" && w.order == "a" &&
               thrown_by(w.tasks, enough) == "nothing" && w.order == "aa";
    });
    CHECK(each == "yes");
}

TEST_CASE("tasks that have not ended are unwound with their scheduler") {
    struct guard {
        int& count;

        ~guard() { ++count; }
    };

    const auto unwound = in_a_process([] {
        int destroyed = 0;
        {
            round_robin tasks;
            for (int i = 0; i < 3; ++i)
                tasks.spawn([&] {
                    const guard on_the_stack{destroyed};
                    for (int turn = 0; turn < 1'000'000; ++turn)
                        tasks.yield();
                });
            tasks.run(6);
            if (destroyed != 0) return false;
        }
        return destroyed == 3;
    });
    INFO("why: a stack is given back by an exception that must not be stopped");
    CHECK(unwound == "yes");
}

TEST_CASE("a lone task gives its turn back, too") {
    const auto gave_back = in_a_process([] {
        writers w;
        w.spawn('a', 1'000'000);
        for (int i = 1; i <= 3; ++i)
            if (!w.tasks.run(1) || w.order.size() != static_cast<std::size_t>(i))
                return false;
        return true;
    });
    INFO("why: the caller of run() does something else in between");
    CHECK(gave_back == "yes");
}

TEST_CASE("what a task throws comes out as it was") {
    const auto out = in_a_process([] {
        round_robin tasks;
        tasks.spawn([] { throw 42; });
        tasks.spawn([] { throw std::out_of_range{"no such page"}; });
        try {
            tasks.run(1);
            return false;
        } catch (int number) {
            if (number != 42) return false;
        }
        try {
            tasks.run(1);
            return false;
        } catch (const std::out_of_range& error) {
            return std::string{error.what()} == "no such page" && !tasks.run(1);
        }
    });
    CHECK(out == "yes");
}

TEST_CASE("tasks that have not ended are unwound, and not run to their ends") {
    const auto unwound = in_a_process([] {
        int turns = 0;
        {
            round_robin tasks;
            tasks.spawn([&] {
                for (int i = 0; i < 10; ++i, ++turns)
                    tasks.yield();
            });
            tasks.run(3);
        }
        return turns == 2;
    });
    CHECK(unwound == "yes");
}

TEST_CASE("two schedulers are two, and a thousand tasks are no more than many") {
    writers one, other;
    one.spawn('a', 1);
    other.spawn('b', 1);
    CHECK_FALSE(one.tasks.run(enough));
    CHECK(one.order == "a");
    CHECK(other.order.empty());
    for (int i = 0; i < 1'000; ++i)
        one.spawn('x', 1);
    CHECK(one.tasks.run(999));
    CHECK_FALSE(one.tasks.run(1));
    CHECK(one.order.size() == 1'001);
}
