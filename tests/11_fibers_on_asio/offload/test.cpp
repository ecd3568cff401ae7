// Work that blocks, done by another thread, while fibers go on.

#include "blocked.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "in_child.hpp"
#include "leftovers.hpp"
#include "offload.hpp"
#include "sanitizer.hpp"

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using boost::fibers::fiber;
using ladder::blocked;
using ladder::in_child;
using ladder::leftovers;
using ladder::offload;
using ladder::fibers_on_asio::event_loop;

namespace {

// Few types of work: the compiler makes an offload() for each.
using task = std::function<void()>;
using question = std::function<std::string()>;

/// Here threads meet in Boost.Fiber, and ThreadSanitizer does not see how they are kept
/// apart.
void skip_if_blind() {
    if (ladder::blind_to_fiber_locks) SKIP("ThreadSanitizer does not see their locks");
}

/// Can only be moved, and needs a number to be made.
struct page {
    explicit page(int n) : number(std::make_unique<int>(n)) {}

    std::unique_ptr<int> number;
};

} // namespace

TEST_CASE("what the work returns comes back") {
    skip_if_blind();
    event_loop loop;
    CHECK(offload(question{[] { return "42"; }}) == "42");
}

TEST_CASE("work may return nothing, or what can only be moved") {
    skip_if_blind();
    event_loop loop;
    std::atomic<bool> done = false;
    offload(task{[&] { done = true; }});
    CHECK(done);
    const auto value = offload([] { return page{7}; });
    CHECK(*value.number == 7);
}

TEST_CASE("what the work throws comes out") {
    skip_if_blind();
    event_loop loop;
    CHECK_THROWS_WITH(
        offload(question{[]() -> std::string { throw std::runtime_error{"no answer"}; }}),
        "no answer");
}

TEST_CASE("another thread does the work") {
    skip_if_blind();
    event_loop loop;
    const auto me = std::this_thread::get_id();
    auto worker = me;
    offload(task{[&] { worker = std::this_thread::get_id(); }});
    CHECK(worker != me);
}

TEST_CASE("other fibers go on meanwhile") {
    skip_if_blind();
    const auto result = in_child([] {
        event_loop loop;
        std::latch others_have_run{10};
        fiber caller{[&] { offload(task{[&] { others_have_run.wait(); }}); }};
        fiber other{[&] {
            for (int turn = 0; turn < 10; ++turn) {
                boost::this_fiber::yield();
                others_have_run.count_down();
            }
        }};
        caller.join();
        other.join();
        return std::string{"they went on"};
    });
    INFO("why: the work waits for another fiber, which has no turn while the thread "
         "waits");
    CHECK(result == "they went on");
}

TEST_CASE("several pieces are done at the same time") {
    skip_if_blind();
    const auto result = in_child([] {
        event_loop loop;
        std::latch all{4};
        std::vector<fiber> callers;
        for (int i = 0; i < 4; ++i)
            callers.emplace_back([&] { offload(task{[&] { all.arrive_and_wait(); }}); });
        for (auto& caller : callers)
            caller.join();
        return std::string{"four met"};
    });
    CHECK(result == "four met");
}

TEST_CASE("each fiber gets its own result") {
    skip_if_blind();
    const auto result = in_child([] {
        event_loop loop;
        std::string text;
        std::latch second_is_done{1};
        fiber first{[&] {
            text += offload(question{[&] {
                second_is_done.wait();
                return "first";
            }});
        }};
        fiber second{[&] {
            text += offload(question{[] { return "second "; }});
            second_is_done.count_down();
        }};
        first.join();
        second.join();
        return text;
    });
    CHECK(result == "second first");
}

TEST_CASE("when nobody has anything to do, the thread sleeps") {
    skip_if_blind();
    std::promise<void> work_may_end;
    blocked caller{[&] {
        event_loop loop;
        offload(task{[&] { work_may_end.get_future().wait(); }});
    }};
    INFO("why: a fiber that asks again and again keeps the core busy");
    CHECK(caller.sleeps());
    work_may_end.set_value();
}

TEST_CASE("nothing is left behind, also after an exception") {
    skip_if_blind();
    const auto before = leftovers::now();
    {
        event_loop loop;
        for (int i = 0; i < 10; ++i)
            CHECK_THROWS_AS(offload(task{[] { throw std::runtime_error{"no"}; }}),
                            std::runtime_error);
    }
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("what the work holds is gone when it returns") {
    skip_if_blind();
    event_loop loop;
    const auto gone = std::make_shared<std::atomic<bool>>(false);
    offload(task{[held = std::shared_ptr<void>{nullptr, [gone](void*) {
                                                   // Long enough to be seen by whoever
                                                   // does not wait for it.
                                                   std::this_thread::sleep_for(
                                                       std::chrono::milliseconds{50});
                                                   *gone = true;
                                               }}] {}});
    CHECK(*gone);
}

TEST_CASE("what the work throws comes out as it was") {
    skip_if_blind();
    event_loop loop;
    CHECK_THROWS_AS(offload(task{[] { throw 42; }}), int);
    CHECK_THROWS_AS(offload(task{[] { throw std::out_of_range{"no such page"}; }}),
                    std::out_of_range);
}

TEST_CASE("thirty pieces are done at the same time") {
    skip_if_blind();
    const auto result = in_child([] {
        event_loop loop;
        std::latch all{30};
        std::vector<fiber> callers;
        for (int i = 0; i < 30; ++i)
            callers.emplace_back([&] { offload(task{[&] { all.arrive_and_wait(); }}); });
        for (auto& caller : callers)
            caller.join();
        return std::string{"thirty met"};
    });
    CHECK(result == "thirty met");
}

TEST_CASE("a thread that waits does not wake up to look") {
    skip_if_blind();
    std::promise<void> work_may_end;
    std::atomic<pid_t> waits = 0;
    blocked caller{[&] {
        waits = ::gettid();
        event_loop loop;
        offload(task{[&] { work_may_end.get_future().wait(); }});
    }};
    caller.sleeps();
    const auto woken = ladder::wake_ups(waits);
    work_may_end.set_value();
    INFO("in 200 ms it woke " << woken << " times");
    CHECK(woken <= 2);
}
