// The program of rung 03, as a reader runs it.

#include "leftovers.hpp"
#include "run_program.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <vector>

using namespace ladder;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string demo_output(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), LADDER_BIN_DIR "/03_ipc_queues");
    const auto before = leftovers::now();
    const auto result = run_program(arguments); // returns when nobody can write any more
    CHECK(leftovers::since(before) == "");
    CHECK(result.status == 0);
    return result.output;
}

} // namespace

TEST_CASE("pipe: the reader prints A, B, C, and ends with the stream") {
    const std::string expected = "reader: A\n"
                                 "reader: B\n"
                                 "reader: C\n"
                                 "reader: the end of the stream\n"
                                 "the writer exited with 0\n"
                                 "the reader exited with 0\n";
    CHECK(demo_output({}) == expected);
    CHECK(demo_output({"pipe"}) == expected);
}

TEST_CASE("queue: the reader prints A, B, C, and ends with the close marker") {
    CHECK(demo_output({"queue"}) == "reader: A\n"
                                    "reader: B\n"
                                    "reader: C\n"
                                    "reader: the close marker\n"
                                    "the writer exited with 0\n"
                                    "the reader exited with 0\n");
}

TEST_CASE("atomics: nothing is shared, some is lost, nothing is lost") {
    const auto output = demo_output({"atomics"});
    CHECK_THAT(output, ContainsSubstring("copied by fork        0 of 4000000\n"));
    CHECK_THAT(output, ContainsSubstring("fetch_add               4000000 of 4000000\n"));
    CHECK_THAT(output, ContainsSubstring("one is lost in 10 of 10 rounds\n"));
}

TEST_CASE("capacity: a full queue makes its writer wait") {
    const auto output = demo_output({"capacity"});
    CHECK_THAT(output, ContainsSubstring("message_queue      full after   16 messages"));
    CHECK_THAT(output, ContainsSubstring("lock-free ring     full after   16 messages"));
    CHECK_THAT(output, ContainsSubstring("room for 2: the writer was 3 messages ahead"));
    CHECK_THAT(output, ContainsSubstring("room for 8: the writer was 9 messages ahead"));
}

TEST_CASE("names: what a crash left is found and removed") {
    const auto output = demo_output({"names"});
    CHECK_THAT(output, ContainsSubstring("a process uses its queue\n  /dev/shm/ladder-"));
    CHECK_THAT(output, ContainsSubstring("\nit ended\nanother: killed by SIGKILL"));
    CHECK_THAT(output, ContainsSubstring("removed, because its owner is gone: ladder-"));
    CHECK_THAT(output, ContainsSubstring("\nwhat is there now\n"));
    CHECK(output.ends_with("what is there now\n"));
}
