// Submit in every order of its threads.

#include "in_every_order.hpp"
#include "submit.hpp"

#include <catch2/catch_test_macros.hpp>

#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

using ladder::require;
using ladder::small_pool;

namespace {

// One type of task for all: the compiler makes a submit() for each.
template <class Work>
std::future<int> hand_in(small_pool& pool, Work work) {
    return pool.submit(std::function<int()>{std::move(work)});
}

} // namespace

IN_EVERY_ORDER("in every order, the future has the result") {
    small_pool pool{1};
    auto receipt = hand_in(pool, [] { return 42; });
    require(receipt.get() == 42, "the result is not 42");
}

IN_EVERY_ORDER("in every order, an exception comes out of the future") {
    small_pool pool{1};
    auto receipt = hand_in(pool, []() -> int { throw 42; });
    try {
        receipt.get();
        require(false, "nothing is thrown");
    } catch (int thrown) {
        require(thrown == 42, "another exception is thrown");
    }
    require(hand_in(pool, [] { return 2; }).get() == 2,
            "the pool is not as good as before");
}

IN_EVERY_ORDER("in every order, two users hand in at the same time") {
    small_pool pool{1};
    int one = 0, other = 0;
    std::thread a{[&] { one = hand_in(pool, [] { return 1; }).get(); }};
    other = hand_in(pool, [] { return 2; }).get();
    a.join();
    require(one == 1 && other == 2, "one has the other's result");
}

IN_EVERY_ORDER("in every order, two tasks and two threads") {
    small_pool pool{2};
    auto one = hand_in(pool, [] { return 1; }), other = hand_in(pool, [] { return 2; });
    require(one.get() == 1 && other.get() == 2, "one has the other's result");
}

IN_EVERY_ORDER("in every order, two tasks that need each other meet") {
    small_pool pool{2};
    std::promise<void> here;
    auto one = hand_in(pool, [&] { return here.get_future().wait(), 1; });
    auto other = hand_in(pool, [&] { return here.set_value(), 2; });
    require(one.get() + other.get() == 3, "they have not met");
}

IN_EVERY_ORDER("in every order, what was accepted is done, closed or not") {
    bool accepted = false;
    int done = 0;
    {
        small_pool pool{1};
        std::thread a{[&] {
            try {
                hand_in(pool, [&] { return ++done; });
                accepted = true;
            } catch (const std::runtime_error&) {
            }
        }};
        pool.close();
        a.join();
    }
    require(done == (accepted ? 1 : 0),
            "a task was accepted and not done, or refused and done");
}

IN_EVERY_ORDER("in every order, the pool does what it has before it ends") {
    int done = 0;
    {
        small_pool pool{1};
        hand_in(pool, [&] { return ++done; });
        hand_in(pool, [&] { return ++done; });
    }
    require(done == 2, "of 2 tasks not both were done");
}

IN_EVERY_ORDER("in every order, a task may hand in another one") {
    small_pool pool{1};
    std::future<int> inner;
    hand_in(pool, [&] {
        inner = hand_in(pool, [] { return 5; });
        return 0;
    }).get();
    require(inner.get() == 5, "the result is not 5");
}

FOR_EVER_ASLEEP("in every order, an idle pool sleeps") {
    std::mutex mutex;
    std::condition_variable never;
    small_pool pool{2};
    hand_in(pool, [] { return 1; }).get();
    std::unique_lock lock{mutex};
    never.wait(lock, [] { return false; });
}
