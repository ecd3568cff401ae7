// Checks first_of_with_timeout() with jobs that the test ends by hand. Where a test is
// not about the limit, it is an hour, and nobody waits for it.

#include "ask.hpp"
#include "by_hand.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

using ladder::by_hand;
using namespace std::chrono_literals;

namespace {

/// So many jobs, and the question for the first of them, which has been asked.
struct question : ladder::asked_by_hand<std::optional<int>> {
    using duration = std::chrono::steady_clock::duration;

    explicit question(std::size_t count, duration limit = 1h, bool untidy = false)
        : asked_by_hand(
              count, [limit](jobs_type list) { return ask(std::move(list), limit); },
              untidy) {}
};

} // namespace

TEST_CASE("the first job that succeeds gives the answer") {
    question q{3};
    CHECK_FALSE(q.returned);
    q.give(1, 20);
    REQUIRE(q.returned);
    CHECK(q.result == 20);
}

TEST_CASE("an answer of 0 is an answer") {
    question q{2};
    q.give(1, 0);
    REQUIRE(q.returned);
    CHECK(q.result == 0);
}

TEST_CASE("all jobs run at the same time") {
    const question q{3};
    for (const by_hand& job : q.jobs)
        CHECK(job.begun());
}

TEST_CASE("the others are cancelled, and nothing is left to wait for") {
    question q{3};
    q.give(0, 10);
    CHECK(q.jobs[1].cancelled());
    CHECK(q.jobs[2].cancelled());
    INFO("why: a timer that is left behind keeps the loop waiting for an hour");
    CHECK(q.loop.stopped());
}

TEST_CASE("it returns when all jobs have ended, the cancelled ones too") {
    question q{2, 1h, true};
    q.give(0, 10);
    CHECK(q.jobs[1].cancelled());
    INFO("why: a job that still tidies up may use what belongs to the caller");
    CHECK_FALSE(q.returned);
    q.jobs[1].tidy_up();
    q.go_on();
    CHECK(q.returned);
    CHECK(q.result == 10);
}

TEST_CASE("a job that fails neither wins nor stops the others") {
    question q{3};
    q.fail(2, "connection refused");
    CHECK_FALSE(q.returned);
    CHECK_FALSE(q.jobs[0].cancelled());
    q.give(1, 20);
    CHECK(q.result == 20);
    CHECK(q.error.empty());
}

TEST_CASE("of two that succeed at the same moment, the first in time wins") {
    question q{2};
    q.jobs[1].give(20);
    q.jobs[0].give(10);
    q.go_on();
    CHECK(q.result == 20);
}

TEST_CASE("when all have failed, nobody waits for the limit") {
    question q{2};
    q.fail(0, "connection refused");
    q.fail(1, "connection reset");
    INFO("why: a || b is over when one of them succeeds; a timer succeeds at its end");
    CHECK(q.returned);
}

TEST_CASE("when all have failed, the last error is thrown") {
    question q{3};
    q.fail(2, "the first");
    q.fail(0, "the second");
    q.fail(1, "the last");
    CHECK(q.error == "the last");
}

TEST_CASE("after the limit there is no answer, and the jobs are cancelled") {
    question q{2, 1ms};
    q.wait_until([&] { return q.returned; });
    REQUIRE(q.returned);
    CHECK(q.error.empty());
    CHECK(q.result == std::nullopt);
    CHECK(q.jobs[0].cancelled());
    CHECK(q.jobs[1].cancelled());
}

TEST_CASE("a limit of 0 is a limit") {
    for (const auto limit : {0ms, -1ms}) {
        question q{1, limit};
        q.go_on(); // the timer has expired, now
        REQUIRE(q.returned);
        CHECK(q.error.empty());
        CHECK(q.result == std::nullopt);
    }
}

TEST_CASE("after the limit it still waits for the cancelled jobs to end") {
    question q{1, 1ms, true};
    q.wait_until([&] { return q.jobs[0].cancelled(); });
    REQUIRE(q.jobs[0].cancelled());
    q.go_on();
    CHECK_FALSE(q.returned);
    q.jobs[0].tidy_up();
    q.go_on();
    CHECK(q.returned);
}

TEST_CASE("an answer that comes after the limit is none") {
    question q{1, 1ms, true};
    q.wait_until([&] { return q.jobs[0].cancelled(); });
    q.jobs[0].give_late(20);
    q.go_on();
    REQUIRE(q.returned);
    CHECK(q.result == std::nullopt);
}

TEST_CASE("the last error comes out as it was") {
    question q{2}, other{1};
    q.fail(0, "connection refused");
    q.fail(1, std::make_exception_ptr(42));
    CHECK(q.error == "int 42");
    other.fail(0, std::make_exception_ptr(std::out_of_range{"no such page"}));
    CHECK(other.error == "out_of_range no such page");
}

TEST_CASE("a job that fails with what is no std::exception does not win, either") {
    question q{2};
    q.fail(0, std::make_exception_ptr(42));
    CHECK_FALSE(q.returned);
    q.give(1, 20);
    CHECK(q.result == 20);
    CHECK(q.error.empty());
}

TEST_CASE("the limit is the one that is asked for") {
    using clock = std::chrono::steady_clock;
    const auto begin = clock::now();
    // Made first, they are at least as old as `early` when its time is over.
    question late{2, 1h}, never{1, question::duration::max()}, early{2, 20ms};
    early.wait_until([&] { return early.returned; });
    REQUIRE(early.returned);
    CHECK(clock::now() - begin >= 20ms);
    late.go_on();
    CHECK_FALSE(late.returned);
    late.give(1, 20);
    CHECK(late.result == 20);
    INFO("why: now and the longest time there is make a time that has passed");
    never.go_on();
    CHECK_FALSE(never.returned);
    never.give(0, 20);
    CHECK(never.result == 20);
}

TEST_CASE("there is one limit for all, and a failure makes it no longer") {
    question q{300, 200ms}; // longer than anybody has to wait for a core
    for (std::size_t i = 0; i < q.jobs.size() && !q.returned; ++i) {
        q.loop.restart();
        q.loop.run_for(1ms);
        if (!q.returned) q.fail(i, "all have failed before the end of the limit");
    }
    CHECK(q.error == "");
    CHECK(q.result == std::nullopt);
}

TEST_CASE("of a hundred jobs each may be the first") {
    question q{100};
    for (const by_hand& job : q.jobs)
        CHECK(job.begun());
    for (std::size_t i = 0; i < 99; ++i)
        q.fail(i, "connection refused");
    CHECK_FALSE(q.returned);
    q.give(99, 20);
    CHECK(q.result == 20);
}
