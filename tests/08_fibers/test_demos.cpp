// The programs of rung 08, as a reader runs them.

#include "leftovers.hpp"
#include "run_program.hpp"
#include "sanitizer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <regex>
#include <string>
#include <vector>

using namespace ladder;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;

namespace {

/// AddressSanitizer may say on stderr that an exception in a fiber confuses it.
std::string output_of(std::vector<std::string> argv) {
    argv[0] = LADDER_BIN_DIR "/08_fibers" + argv[0];
    const auto before = leftovers::now();
    const auto result = run_program(argv);
    CHECK(leftovers::since(before) == "");
    CHECK(result.status == 0);
    return result.output;
}

/// The number in the first group of the pattern, or -1.
double number_in(const std::string& text, const std::string& pattern) {
    std::smatch match;
    return std::regex_search(text, match, std::regex{pattern}) ? std::stod(match[1]) : -1;
}

} // namespace

TEST_CASE("turns: a b a b a b") {
    CHECK(output_of({"", "turns"}) == "two fibers are ready, and none has begun\n"
                                      "a 1\nb 1\na 2\nb 2\na 3\nb 3\n"
                                      "both have ended\n");
}

TEST_CASE("sleep: fibers sleep at the same time, unless the thread does") {
    const auto output = output_of({"", "sleep"});
    CHECK_THAT(output, ContainsSubstring("a 1   b 1   a 2   b 2   \n"
                                         "this_fiber::sleep_for: 4 sleeps in "));
    CHECK_THAT(output, ContainsSubstring("a 1   a 2   b 1   b 2   \n"
                                         "this_thread::sleep_for: 4 sleeps in "));
    // No upper limit: a busy machine may be late.
    CHECK(number_in(output, "this_fiber.* in ([0-9.]+) s") >= 0.2);
    CHECK(number_in(output, "this_thread.* in ([0-9.]+) s") >= 0.4);
}

TEST_CASE("sleep: how long and how often can be chosen") {
    const auto output = output_of({"", "sleep", "--seconds", "0.001", "--rounds", "3"});
    CHECK_THAT(output, ContainsSubstring("this_fiber::sleep_for: 6 sleeps in "));
}

TEST_CASE("update: lost always, or never") {
    CHECK_THAT(output_of({"", "update"}),
               ContainsSubstring("read and write at once               0\n"
                                 "a wait between read and write      100\n"
                                 "a wait, and a mutex for fibers       0\n"));
}

TEST_CASE("channel: everything arrives in order, and it holds three") {
    CHECK_THAT(
        output_of({"", "channel"}),
        ContainsSubstring("made 1\nmade 2\nmade 3\nmade 4\n"
                          "           has 1\n           has 2\n           has 3\nmade 5\n"
                          "           has 4\n           has 5\n"));
}

TEST_CASE("future: a result and an error") {
    CHECK_THAT(output_of({"", "future"}),
               ContainsSubstring("the result: 42\nthe error:  there is no result\n"));
}

TEST_CASE("barrier: nobody begins round 2 before all are ready with round 1") {
    CHECK_THAT(output_of({"", "barrier"}),
               Matches("(fiber [123] is ready with round 1\n){3}-- all are\n"
                       "(fiber [123] is ready with round 2\n){3}-- all are\n"));
}

TEST_CASE("many: fibers and coroutines alive in one thread, and all end") {
    const std::string count = memory_is_inflated ? "1000" : "200000";
    const auto output = output_of({"", "many", "--count", count});
    CHECK_THAT(output, ContainsSubstring("in one process, with 1 thread\n"));
    CHECK_THAT(output, ContainsSubstring("ended: " + count + " fibers, " + count +
                                         " coroutines\n"));
}

TEST_CASE("many: it does not ask for more memory than there is") {
    const auto result =
        run_program({LADDER_BIN_DIR "/08_fibers", "many", "--count", "20000000000"});
    CHECK(result.status == 1);
    CHECK_THAT(result.output, ContainsSubstring("a smaller --count needs less"));
}

TEST_CASE("costs: a row for each kind, and all of them end") {
    const auto output = output_of({"", "costs", "--count", "200"});
    CHECK_THAT(output, Matches("one .*\nprocess +200 .*\nthread +200 .*\n"
                               "fiber +200 .*\ncoroutine +200 .*\n"));
}

TEST_CASE("guards: a few fibers all have a guard page") {
    const auto output = output_of({"", "guards", "--count", "100"});
    CHECK_THAT(output, ContainsSubstring("100 fibers on stacks with a guard page, so"));
    // A sanitizer has such pages of its own.
    const double guarded = number_in(output, "\n([0-9]+) have one; ");
    CHECK((memory_is_inflated ? guarded >= 100 : guarded == 100));
    CHECK(number_in(output, "refused a stack to ([0-9]+) more\n") == 0);
}

TEST_CASE("guards: of many fibers, all are on a stack, or the kernel refused it") {
    if (memory_is_inflated) SKIP("a sanitizer needs more memory for a stack");
    const auto output = output_of({"", "guards"});
    const double made = number_in(output, "^([0-9]+) fibers on stacks"),
                 guarded = number_in(output, "\n([0-9]+) have one; ");
    CHECK(guarded <= made);
    CHECK(made + number_in(output, "refused a stack to ([0-9]+) more\n") == 200'000);
}

TEST_CASE("broken_thread_sleep: nobody has a turn meanwhile") {
    const auto output = output_of({"_broken_thread_sleep"});
    CHECK_THAT(output, ContainsSubstring("std::this_thread::sleep_for(200ms):  0 ticks"));
    CHECK(number_in(output, R"(this_fiber::sleep_for\(200ms\): +([0-9]+) ticks)") > 0);
}

TEST_CASE("broken_last_seat: one seat, three times sold") {
    CHECK(output_of({"_broken_last_seat"}) == "Ann has paid, and has a seat\n"
                                              "Ben has paid, and has a seat\n"
                                              "Cem has paid, and has a seat\n"
                                              "3 sold, -2 left\n");
}

TEST_CASE("broken_std_mutex: two fibers of a thread, and it waits for itself") {
    const auto output = output_of({"_broken_std_mutex"});
    CHECK_THAT(output, ContainsSubstring("a locks\nb locks\n") &&
                           ContainsSubstring("after 1 s: killed by SIGALRM") &&
                           !ContainsSubstring("unlocks"));
}

TEST_CASE("broken_overflow: without a guard page it goes on, and the book is wrong") {
    const auto output = output_of({"_broken_overflow"});
    CHECK(number_in(output, "of the account book, ([0-9]+) bytes are wrong") > 10'000);
    CHECK_THAT(output,
               ContainsSubstring("without a guard page: the program exited with 0\n") &&
                   ContainsSubstring("with a guard page: the program killed by SIGSEGV"));
}
