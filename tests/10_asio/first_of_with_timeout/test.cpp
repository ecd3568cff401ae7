// Checks first_of_with_timeout() with jobs that the test ends by hand. Where a test is
// not about the limit, it is an hour, and nobody waits for it.

#include "by_hand.hpp"
#include "first_of_with_timeout.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace net = boost::asio;
using ladder::by_hand;
using namespace std::chrono_literals;

namespace {

/// So many jobs, and the question for the first of them, which has been asked.
struct question {
    explicit question(std::size_t count, std::chrono::steady_clock::duration limit = 1h,
                      bool untidy = false) {
        std::vector<net::awaitable<int>> list;
        for (std::size_t i = 0; i < count; ++i) {
            list.push_back(jobs.emplace_back(loop).job());
            if (untidy) jobs.back().takes_time_to_tidy_up();
        }
        net::co_spawn(loop, ladder::first_of_with_timeout(std::move(list), limit),
                      [this](const std::exception_ptr& e, std::optional<int> value) {
                          returned = true;
                          answer = value;
                          try {
                              if (e) std::rethrow_exception(e);
                          } catch (const std::exception& thrown) {
                              error = thrown.what();
                          }
                      });
        go_on();
    }

    /// Lets everybody do what he can do now.
    void go_on() {
        loop.restart();
        loop.poll();
    }

    void give(std::size_t job, int value) {
        jobs[job].give(value);
        go_on();
    }

    void fail(std::size_t job, const std::string& message) {
        jobs[job].fail(message);
        go_on();
    }

    /// Until it has returned; but not for ever.
    void wait_for_the_limit() {
        loop.restart();
        for (int looks = 0; !returned && looks < 1000; ++looks)
            loop.run_one_for(10ms);
    }

    net::io_context loop{1};
    std::deque<by_hand> jobs{};
    bool returned = false;
    std::optional<int> answer{};
    std::string error{};
};

} // namespace

TEST_CASE("the first job that succeeds gives the answer") {
    question q{3};
    CHECK_FALSE(q.returned);
    q.give(1, 20);
    REQUIRE(q.returned);
    CHECK(q.answer == 20);
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
    CHECK(q.answer == 10);
}

TEST_CASE("a job that fails neither wins nor stops the others") {
    question q{3};
    q.fail(2, "connection refused");
    CHECK_FALSE(q.returned);
    CHECK_FALSE(q.jobs[0].cancelled());
    q.give(1, 20);
    CHECK(q.answer == 20);
    CHECK(q.error.empty());
}

TEST_CASE("of two that succeed at the same moment, the first in time wins") {
    question q{2};
    q.jobs[1].give(20);
    q.jobs[0].give(10);
    q.go_on();
    CHECK(q.answer == 20);
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
    q.wait_for_the_limit();
    REQUIRE(q.returned);
    CHECK(q.error.empty());
    CHECK(q.answer == std::nullopt);
    CHECK(q.jobs[0].cancelled());
    CHECK(q.jobs[1].cancelled());
}

TEST_CASE("after the limit it still waits for the cancelled jobs to end") {
    question q{1, 1ms, true};
    q.loop.restart();
    for (int looks = 0; !q.jobs[0].cancelled() && looks < 1000; ++looks)
        q.loop.run_one_for(10ms);
    REQUIRE(q.jobs[0].cancelled());
    q.go_on();
    CHECK_FALSE(q.returned);
    q.jobs[0].tidy_up();
    q.go_on();
    CHECK(q.returned);
}
