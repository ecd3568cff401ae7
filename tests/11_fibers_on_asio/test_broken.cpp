// Every broken_*.cpp shows the fault that it promises, and ends.

#include "run_program.hpp"
#include "sanitizer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;

namespace {

std::string output_of(const std::string& name) {
    const auto result =
        ladder::run_program({LADDER_BIN_DIR "/11_fibers_on_asio_broken_" + name});
    CHECK(result.status == 0);
    return result.output;
}

} // namespace

TEST_CASE("broken_handler: a handler that waits or throws ends the program") {
    const auto output = output_of("handler");
    CHECK_THAT(output, ContainsSubstring("a handler waited; only fibers may"));
    CHECK_THAT(output, ContainsSubstring("nobody catches this"));
    CHECK_THAT(output, ContainsSubstring("ended: Aborted\na handler that throws"));
    CHECK_THAT(output, !ContainsSubstring("nothing happened"));
}

TEST_CASE("broken_stop: stopping under a live fiber spins") {
    CHECK_THAT(output_of("stop"), ContainsSubstring("burns: 0."));
}

TEST_CASE("broken_no_work_guard: without a work guard it spins, with one it sleeps") {
    if (ladder::blind_to_fiber_locks) SKIP("ThreadSanitizer does not see their locks");
    const auto output = output_of("no_work_guard");
    CHECK_THAT(output, Matches("without a work guard.*it spun\n"
                               "with a work guard.*it slept\n"));
}

TEST_CASE("broken_outlived: the scheduler is notified after the locals are gone") {
    CHECK_THAT(output_of("outlived"),
               ContainsSubstring("the function returns\n"
                                 "notified, and the io_context is gone\n"));
}

TEST_CASE("broken_detached: a thread does not end before its fibers") {
    CHECK_THAT(output_of("detached"),
               ContainsSubstring("the function returned, but its thread cannot end"));
}

TEST_CASE("broken_fork: the child takes the parent's socket out of the shared epoll") {
    CHECK_THAT(output_of("fork"),
               ContainsSubstring("the reader: Connection timed out\n"
                                 "in the socket, since before it gave up: 5 bytes\n"));
}

TEST_CASE("broken_catch: fibers that wait in a catch block swap exceptions") {
    CHECK_THAT(output_of("catch"), ContainsSubstring("fiber a: caught a, rethrew b\n"));
}
