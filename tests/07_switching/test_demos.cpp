// The programs of rung 07, as a reader runs them.

#include "leftovers.hpp"
#include "run_program.hpp"
#include "sanitizer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <vector>

using namespace ladder;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::Matches;

namespace {

std::string output_of(std::vector<std::string> argv, bool ends_well = true) {
    argv[0] = LADDER_BIN_DIR "/07_switching" + argv[0];
    const auto before = leftovers::now();
    const auto result = run_program(argv);
    CHECK(leftovers::since(before) == "");
    CHECK((result.status == 0 || !ends_well));
    return result.output;
}

} // namespace

TEST_CASE("ping: each goes on where it was") {
    CHECK(output_of({"", "ping"}) == "ping 1\n       pong 1\n"
                                     "ping 2\n       pong 2\n"
                                     "ping 3\n       pong 3\n"
                                     "ping 4\n       the end\n"
                                     "nobody is left to switch to\n");
}

TEST_CASE("generator: the same numbers from both") {
    CHECK_THAT(output_of({"", "generator"}),
               ContainsSubstring("a stack of its own:  0 1 1 2 3 5 8 13 21 34\n"
                                 "a frame on the heap: 0 1 1 2 3 5 8 13 21 34\n"
                                 "the next of each:    55 55\n"));
}

TEST_CASE("tree: in order, from both") {
    CHECK(output_of({"", "tree"}) == "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 \n"
                                     "the same without a stack: yes\n");
}

TEST_CASE("robin: three tasks take turns") {
    CHECK_THAT(output_of({"", "robin"}),
               ContainsSubstring("a1 b1 c1 a2 b2 c2 a3 b3 c3 \n"));
}

TEST_CASE("blocked: who has the turn after the one that blocks waits with it") {
    CHECK_THAT(output_of({"", "blocked"}),
               Matches(R"((.|\n)*b 2 after +[0-9.]+ ms\nc 2 after [0-9]{3,}\.(.|\n)*)"));
}

TEST_CASE("exception: it crosses the switch") {
    CHECK_THAT(output_of({"", "exception"}),
               ContainsSubstring("thrown on its stack, caught on ours: no third one\n") &&
                   ContainsSubstring("and then it is at its end: yes\n"));
}

TEST_CASE("unwind: a body that never ends is destroyed all the same") {
    CHECK_THAT(output_of({"", "unwind"}),
               ContainsSubstring("ran before its end: 0 of 2\n") &&
                   ContainsSubstring("ran after it:       2 of 2\n"));
}

TEST_CASE("broken_exception: what leaves a fiber's function ends the program") {
    const auto output = output_of({"_broken_exception"});
    CHECK_THAT(output, ContainsSubstring("std::terminate was called\n"));
    CHECK_THAT(output, EndsWith("the program exited with 3\n"));
}

TEST_CASE("broken_swallow: who catches the unwinding ends the program") {
    const auto output = output_of({"_broken_swallow"});
    CHECK_THAT(output, ContainsSubstring("an error? never mind\n"));
    CHECK_THAT(output, !ContainsSubstring("all is well"));
    CHECK_THAT(output, ContainsSubstring("the program killed by SIG"));
}

TEST_CASE("broken_catch: two tasks in catch blocks, and one rethrows the other's error") {
    CHECK_THAT(output_of({"_broken_catch"}),
               ContainsSubstring("a: caught a, rethrew b\n"));
}

TEST_CASE("broken_reference: the frame refers to what is gone") {
    const auto output = output_of({"_broken_reference"}, !memory_is_inflated);
    if (address_sanitizer || thread_sanitizer)
        CHECK_THAT(output, ContainsSubstring("heap-use-after-free"));
    else
        CHECK_THAT(output, ContainsSubstring("some letters are wrong") ||
                               ContainsSubstring("by luck"));
}
