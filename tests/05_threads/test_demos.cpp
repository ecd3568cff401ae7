// The programs of rung 05, as a reader runs them.

#include "leftovers.hpp"
#include "run_program.hpp"
#include "sanitizer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <vector>

using namespace ladder;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;

namespace {

std::string output_of(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), LADDER_BIN_DIR "/05_threads");
    const auto before = leftovers::now();
    const auto result = run_program(arguments);
    CHECK(leftovers::since(before) == "");
    CHECK(result.status == 0);
    return result.output;
}

program_result broken(const std::string& name) {
    return run_program({LADDER_BIN_DIR "/05_threads_broken_" + name});
}

} // namespace

TEST_CASE("deposit loses 100 of 100, and none with a mutex or an atomic addition") {
    const auto output = output_of({"deposit"});
    CHECK_THAT(output,
               ContainsSubstring("int, balance = balance + 1           100         100"));
    CHECK_THAT(output,
               ContainsSubstring("atomic, balance = balance + 1        100         100"));
    CHECK_THAT(output,
               ContainsSubstring("atomic, balance += 1                   0           0"));
    CHECK_THAT(output,
               ContainsSubstring("int and a mutex                        0           0"
                                 "    B is blocked in the kernel"));
}

TEST_CASE("shared: what a process changes stays there, what a thread changes does not") {
    const auto output = output_of({"shared"});
    CHECK_THAT(output, ContainsSubstring("each   the number is 0\n"));
    CHECK_THAT(output, ContainsSubstring("each   the number is 42\n"));
}

TEST_CASE("order: the kernel takes the core away from threads that never wait") {
    const auto output = output_of({"order"});
    CHECK_THAT(output, ContainsSubstring("thread 1 ") && ContainsSubstring("thread 2 "));
    CHECK_THAT(output, !ContainsSubstring("one of them 0 times"));
}

// That the faster one waits, asleep, is in test_bounded_queue.cpp; how long it does here
// is a matter of the clock.
TEST_CASE("queue: the drawing shows two threads, and that each works") {
    const auto output = output_of({"queue"});
    CHECK_THAT(output, ContainsSubstring("10 pages through a queue for 2."));
    CHECK_THAT(output, Matches("(.|\n)*thread 1 .*(█|▒).*\nthread 2 .*(█|▒)(.|\n)*"));
}

TEST_CASE("stop: a thread that waits can be asked to stop") {
    CHECK(output_of({"stop"}) == "the worker has page 1\n"
                                 "the worker was asked to stop, and does\n");
}

TEST_CASE("switches: every hand-over switches, and none within one thread") {
    const auto output = output_of({"switches"});
    CHECK_THAT(output,
               Matches("(.|\n)*within one thread.* context switches: \\d{1,3}\n(.|\n)*"
                       "to another thread.* context switches: [3-9]\\d{4}\n(.|\n)*"));
}

TEST_CASE("transfer: no deadlock, and no money lost") {
    CHECK_THAT(output_of({"transfer"}), ContainsSubstring("both threads have ended"));
    CHECK_THAT(output_of({"transfer"}), ContainsSubstring("= 0\n"));
}

TEST_CASE("broken_lost_update: right by luck, then a deposit is lost") {
    const auto result = broken("lost_update");
    CHECK_THAT(result.output, ContainsSubstring("the balance is 1\n"));
    if (thread_sanitizer) {
        CHECK_THAT(result.output,
                   ContainsSubstring("WARNING: ThreadSanitizer: data race"));
        CHECK_THAT(result.output, ContainsSubstring("unlocked_account::deposit"));
    } else {
        CHECK(result.status == 0);
    }
}

TEST_CASE("broken_deadlock: each waits for what the other one has") {
    const auto result = broken("deadlock");
    CHECK_THAT(result.output,
               ContainsSubstring("one after the other: both transfers are done"));
    CHECK_THAT(result.output, ContainsSubstring("A waits for Ben's lock, which B has"));
    CHECK_THAT(result.output, ContainsSubstring("B waits for Ann's lock, which A has"));
    if (thread_sanitizer)
        CHECK_THAT(result.output, ContainsSubstring("lock-order-inversion"));
    else
        CHECK(result.status == 0);
}

TEST_CASE("broken_lost_wake_up: the page is there, and the reader sleeps") {
    const auto result = broken("lost_wake_up");
    CHECK(result.status == 0);
    CHECK(result.output == "without a predicate: the page is there, the reader slept on, "
                           "until a timeout woke it\n"
                           "with a predicate:    the page is there, the reader has it\n");
}
