// A pool of fibers: how many are in the works, who waits, and what is left.

#include "blocked.hpp"
#include "fiber_pool.hpp"
#include "fibers/fiber_group.hpp"
#include "in_child.hpp"
#include "sanitizer.hpp"

#include <boost/fiber/future.hpp>
#include <boost/fiber/operations.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using boost::this_fiber::yield;
using ladder::fiber_pool;
using ladder::in_child;
using ladder::sleeps_of_this_thread;
using ladder::fibers::fiber_group;

namespace {

/// Work that counts itself, and takes three turns.
struct counted {
    std::size_t now = 0, peak = 0, done = 0;

    void operator()() {
        peak = std::max(peak, ++now);
        for (int turn = 0; turn < 3; ++turn)
            yield();
        --now;
        ++done;
    }
};

/// Sleeps twenty times in this fiber, and says whether the thread did; it cannot while
/// another fiber is ready.
std::string whether_it_sleeps() {
    const long before = sleeps_of_this_thread();
    for (int i = 0; i < 20; ++i)
        boost::this_fiber::sleep_for(std::chrono::milliseconds{2});
    return sleeps_of_this_thread() - before >= 15 ? "it sleeps"
                                                  : "it asks again and again";
}

std::size_t resident_pages() {
    std::ifstream file{"/proc/self/statm"};
    std::size_t size = 0, resident = 0;
    file >> size >> resident;
    return resident;
}

/// Lets the other fibers go on until nothing more happens by itself.
void let_all_go_on(int turns = 50) {
    for (int turn = 0; turn < turns; ++turn)
        yield();
}

/// Hands in pieces of work that do not end before the gate is opened, and counts them.
struct gated {
    /// A fiber hands them in; returns how many are in the works when nothing more
    /// happens.
    std::size_t hand_in(fiber_pool& pool, std::vector<int>& times) {
        caller.spawn([this, &pool, &times] {
            for (int& n : times)
                pool.spawn([this, &n] {
                    work.peak = std::max(work.peak, ++work.now);
                    open.wait();
                    --work.now;
                    ++n;
                });
        });
        let_all_go_on(2 * static_cast<int>(times.size()));
        return work.now;
    }

    void end(fiber_pool& pool) {
        gate.set_value();
        caller.join();
        pool.join();
    }

    counted work;
    boost::fibers::promise<void> gate;
    boost::fibers::shared_future<void> open = gate.get_future().share();
    fiber_group caller; // last: its fiber uses the others
};

} // namespace

TEST_CASE("work is done, and join() waits for it") {
    counted work;
    fiber_pool pool{3};
    pool.spawn([&] { work(); });
    pool.spawn([&] { work(); });
    pool.join();
    CHECK(work.done == 2);
}

TEST_CASE("a pool that gets no work ends") {
    fiber_pool pool{3};
    CHECK_NOTHROW(pool.join());
}

TEST_CASE("no more than the limit are in the works") {
    std::vector<int> times(20);
    fiber_pool pool{3};
    gated pieces;
    CHECK(pieces.hand_in(pool, times) == 3);
    pieces.end(pool);
    CHECK(pieces.work.peak == 3);
    CHECK(times == std::vector<int>(20, 1));
}

TEST_CASE("no more than the limit, however many hand in at the same time") {
    const auto result = in_child([] {
        counted work;
        fiber_pool pool{2};
        fiber_group callers;
        for (int i = 0; i < 10; ++i)
            callers.spawn([&] { pool.spawn([&] { work(); }); });
        callers.join();
        pool.join();
        return std::to_string(work.done) + " done, up to " + std::to_string(work.peak) +
               " at a time";
    });
    INFO("why: one place has become free, and all who wait for it wake up");
    CHECK(result == "10 done, up to 2 at a time");
}

TEST_CASE("two thousand pieces, 500 at a time") {
    std::vector<int> times(2'000);
    fiber_pool pool{500};
    gated pieces;
    CHECK(pieces.hand_in(pool, times) == 500);
    pieces.end(pool);
    CHECK(pieces.work.peak == 500);
    CHECK(std::ranges::all_of(times, [](int n) { return n == 1; }));
}

TEST_CASE("with a limit of one, each begins when the last has ended") {
    std::string order;
    fiber_pool pool{1};
    for (const char name : {'a', 'b', 'c'})
        pool.spawn([&, name] {
            order += name;
            yield();
            order += name;
        });
    pool.join();
    CHECK(order == "aabbcc");
}

TEST_CASE("one that takes long holds up nobody but itself") {
    const auto result = in_child([] {
        int done = 0;
        boost::fibers::promise<void> end;
        auto ended = end.get_future();
        fiber_pool pool{2};
        pool.spawn([&] { ended.wait(); });
        for (int i = 0; i < 10; ++i)
            pool.spawn([&] {
                yield();
                ++done;
            });
        let_all_go_on();
        const int before = done;
        end.set_value();
        pool.join();
        return std::to_string(before) + " of 10 were done meanwhile";
    });
    INFO("why: in batches, every batch waits for its slowest");
    CHECK(result == "10 of 10 were done meanwhile");
}

TEST_CASE("as many as the limit can wait for each other") {
    const auto result = in_child([] {
        int here = 0;
        boost::fibers::promise<void> all;
        const auto all_here = all.get_future().share();
        fiber_pool pool{4};
        fiber_group callers; // each hands in one piece, all at the same time
        for (int i = 0; i < 4; ++i)
            callers.spawn([&] {
                pool.spawn([&] {
                    if (++here == 4) all.set_value();
                    all_here.wait();
                });
            });
        callers.join();
        pool.join();
        return std::to_string(here) + " met";
    });
    CHECK(result == "4 met");
}

TEST_CASE("as many as the limit can meet again after a pause") {
    const auto result = in_child([] {
        fiber_pool pool{3};
        pool.spawn([] {}); // one fiber is there already, and idle
        let_all_go_on();
        int here = 0;
        boost::fibers::promise<void> all;
        const auto all_here = all.get_future().share();
        fiber_group callers;
        for (int i = 0; i < 3; ++i)
            callers.spawn([&] {
                pool.spawn([&] {
                    if (++here == 3) all.set_value();
                    all_here.wait();
                });
            });
        callers.join();
        pool.join();
        return std::to_string(here) + " met";
    });
    INFO("why: three callers see one idle fiber, and it can take one piece only");
    CHECK(result == "3 met");
}

TEST_CASE("who hands in too much waits, and other fibers go on") {
    const auto result = in_child([] {
        int turns = 0;
        bool handed_in = false;
        boost::fibers::promise<void> end;
        const auto ended = end.get_future().share();
        fiber_pool pool{2};
        fiber_group group;
        group.spawn([&] {
            for (int i = 0; i < 3; ++i)
                pool.spawn([&] { ended.wait(); });
            handed_in = true;
        });
        for (; turns < 50; ++turns)
            yield();
        const bool waited = !handed_in;
        end.set_value();
        group.join();
        pool.join();
        return std::string{waited ? "it waited" : "it did not wait"} +
               (handed_in ? ", and went on" : "");
    });
    CHECK(result == "it waited, and went on");
}

TEST_CASE("who waits for a place sleeps") {
    const auto result = in_child([] {
        boost::fibers::promise<void> end;
        auto ended = end.get_future();
        fiber_pool pool{1};
        fiber_group group;
        group.spawn([&] {
            pool.spawn([&] { ended.wait(); });
            pool.spawn([] {});
        });
        let_all_go_on();
        const std::string how = whether_it_sleeps();
        end.set_value();
        group.join();
        pool.join();
        return how;
    });
    INFO("why: a fiber that is always ready keeps the core busy");
    CHECK(result == "it sleeps");
}

TEST_CASE("join() sleeps until all has ended") {
    const auto result = in_child([] {
        boost::fibers::promise<void> end;
        auto ended = end.get_future();
        fiber_pool pool{1};
        fiber_group group;
        pool.spawn([&] { ended.wait(); });
        group.spawn([&] { pool.join(); });
        let_all_go_on();
        const std::string how = whether_it_sleeps();
        end.set_value();
        group.join();
        return how;
    });
    INFO("why: a fiber that is always ready keeps the core busy");
    CHECK(result == "it sleeps");
}

TEST_CASE("who waits for a place does not wake up to look") {
    const auto result = in_child([] {
        boost::fibers::promise<void> end;
        auto ended = end.get_future();
        fiber_pool pool{1};
        fiber_group group;
        group.spawn([&] {
            pool.spawn([&] { ended.wait(); });
            pool.spawn([] {});
            pool.spawn([] {});
        });
        let_all_go_on();
        const long before = sleeps_of_this_thread();
        boost::this_fiber::sleep_for(std::chrono::milliseconds{200});
        const long woken = sleeps_of_this_thread() - before;
        end.set_value();
        group.join();
        pool.join();
        return std::string{woken <= 20 ? "it sleeps" : "it looks again and again"};
    });
    CHECK(result == "it sleeps");
}

TEST_CASE("a piece that throws makes room for the next") {
    const auto result = in_child([] {
        int done = 0;
        fiber_pool pool{2};
        for (int i = 0; i < 10; ++i)
            pool.spawn([&, i] {
                yield();
                if (i % 2 == 0) throw std::runtime_error{"piece " + std::to_string(i)};
                ++done;
            });
        std::string error = "no error";
        try {
            pool.join();
        } catch (const std::runtime_error& thrown) {
            error = thrown.what();
        }
        return std::to_string(done) + " done, and the error of " + error;
    });
    CHECK(result == "5 done, and the error of piece 0");
}

TEST_CASE("an error is thrown once, and the pool takes nothing more") {
    fiber_pool pool{2};
    pool.spawn([] { throw std::runtime_error{"no luck"}; });
    CHECK_THROWS_AS(pool.join(), std::runtime_error);
    CHECK_THROWS_AS(pool.spawn([] {}), std::logic_error);
    CHECK_NOTHROW(pool.join());
    CHECK_THROWS_AS(pool.spawn([] {}), std::logic_error);

    fiber_pool other{2}; // the first error is the one that comes first
    other.spawn([] {
        let_all_go_on();
        throw std::runtime_error{"late"};
    });
    other.spawn([] { throw std::out_of_range{"soon"}; });
    CHECK_THROWS_AS(other.join(), std::out_of_range);
    CHECK_THROWS_AS(other.spawn([] {}), std::logic_error);
}

TEST_CASE("what a piece throws comes out as it was") {
    fiber_pool pool{2}, other{2};
    pool.spawn([] { throw 42; });
    other.spawn([] { throw std::out_of_range{"no such page"}; });
    CHECK_THROWS_AS(pool.join(), int);
    CHECK_THROWS_AS(other.join(), std::out_of_range);
}

TEST_CASE("two pools are two") {
    const auto result = in_child([] {
        boost::fibers::promise<void> end;
        const auto ended = end.get_future().share();
        counted work;
        fiber_pool one{1}, other{1};
        one.spawn([&] { ended.wait(); });
        other.spawn([&] { work(); });
        other.join();
        const auto done = work.done;
        end.set_value();
        one.join();
        return std::to_string(done);
    });
    INFO("why: the one is full, and the other has room");
    CHECK(result == "1");
}

TEST_CASE("a pool that goes away waits for its work") {
    counted work;
    {
        fiber_pool pool{2};
        for (int i = 0; i < 5; ++i)
            pool.spawn([&] { work(); });
    }
    CHECK(work.done == 5);
}

TEST_CASE("what the work holds is gone when it has ended") {
    const auto held = std::make_shared<int>(1);
    fiber_pool pool{2};
    for (int i = 0; i < 10; ++i)
        pool.spawn([held] { yield(); });
    let_all_go_on();
    CHECK(held.use_count() == 1);
    pool.join();
}

TEST_CASE("the memory is that of the limit, not of all the work") {
    if (ladder::memory_is_inflated) SKIP("a sanitizer keeps what was freed");
    const auto result = in_child([] {
        fiber_pool pool{10};
        const auto before = resident_pages();
        for (int i = 0; i < 10'000; ++i)
            pool.spawn([] { yield(); });
        const auto grown = resident_pages() - before;
        pool.join();
        return std::string{grown < 5'000 ? "a few stacks" : "a stack for every piece"};
    });
    INFO("why: a fiber that has ended keeps its stack until it is joined");
    CHECK(result == "a few stacks");
}
