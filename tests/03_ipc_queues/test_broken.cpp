// Every broken_*.cpp shows the fault that it promises, ends, and leaves nothing behind.

#include "leftovers.hpp"
#include "run_program.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>

using Catch::Matchers::ContainsSubstring;

namespace {

std::string output_of(const std::string& name) {
    const auto before = ladder::leftovers::now();
    const auto result =
        ladder::run_program({LADDER_BIN_DIR "/03_ipc_queues_broken_" + name});
    CHECK(result.status == 0);
    CHECK(ladder::leftovers::since(before) == "");
    return result.output;
}

} // namespace

TEST_CASE("broken_kill: a reader that is killed takes a wake-up with it") {
    const auto output = output_of("kill");
    INFO(output);
    CHECK_THAT(output, ContainsSubstring("one was killed by SIGKILL"));
    // With a C library whose condition variables do not wait for the dead, it goes on.
    const bool hangs = output.ends_with("timed_send with a limit of 1 ms hangs\n");
    CHECK((hangs || output.find("and not received") != output.npos));
}

TEST_CASE(
    "broken_locked: the queue of a reader that died in receive() is lost for good") {
    CHECK(output_of("locked") ==
          "the reader, in the middle of receive(): killed by SIGKILL (Killed)\n"
          "the next send: the mutex is not recoverable\n"
          "the one after: the mutex is not recoverable\n");
}

TEST_CASE("broken_terminate: what the reader had not printed is lost") {
    const auto output = output_of("terminate");
    CHECK_THAT(output, ContainsSubstring("the reader killed by SIGTERM"));
    CHECK_THAT(output, !ContainsSubstring("reader: C"));
}

TEST_CASE("broken_open_end: a reader that could write waits for itself") {
    CHECK_THAT(
        output_of("open_end"),
        ContainsSubstring("the writer exited with 0\n"
                          "the reader sleeps in read(2), and holds writing ends: 1\n"
                          "the reader killed by SIGKILL (Killed)\n"));
}

TEST_CASE("broken_private_wait: a notification does not reach another process") {
    CHECK_THAT(output_of("private_wait"), ContainsSubstring("waits for it sleeps\n"));
}
