// The program of rung 04, and the deliberately wrong ones, as a reader runs them.

#include "leftovers.hpp"
#include "run_program.hpp"
#include "running_program.hpp"
#include "sanitizer.hpp"
#include "workbench/slow_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

#include <csignal>
#include <string>
#include <vector>

#include <unistd.h>

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;
using ladder::leftovers;

namespace {

std::string run(const std::string& program, std::vector<std::string> arguments = {},
                int status = 0) {
    arguments.insert(arguments.begin(), LADDER_BIN_DIR "/04_process_pool" + program);
    const auto before = leftovers::now();
    const auto result = ladder::run_program(arguments);
    CHECK(leftovers::since(before) == "");
    INFO(result.output);
    CHECK(result.status == status);
    return result.output;
}

} // namespace

TEST_CASE("map shows the order of the results, and a timeline") {
    const auto output = run("");
    CHECK_THAT(output, ContainsSubstring("map has returned   0 1 4 9 16 25 36 49\n"));
    CHECK_THAT(output, ContainsSubstring("process 4 "));
    CHECK_THAT(run("", {"map"}), ContainsSubstring("ended "));
}

TEST_CASE("callbacks shows what the parent got, and that close closes") {
    CHECK(run("", {"callbacks"}) == "one more: the pool is closed\n"
                                    "the sum of 10 squares: 285; workers left: 0\n");
}

TEST_CASE("fresh shows what starting a process costs") {
    CHECK_THAT(run("", {"fresh"}), ContainsSubstring("one worker that stays"));
}

TEST_CASE("primes shows two rows") {
    const auto output = run("", {"primes"});
    CHECK_THAT(output, ContainsSubstring("\n      1  "));
    CHECK_THAT(output, ContainsSubstring("\n      2  "));
    CHECK_THAT(output, ContainsSubstring("348513 primes below 5,000,000"));
}

TEST_CASE("pictures shows that two workers compress as much as one") {
    if (ladder::memory_is_inflated) SKIP("22 MB take a sanitizer half a minute");
    CHECK_THAT(run("", {"pictures"}),
               Matches("24 pictures in 4 folders, 22.1 MB\n\n[^\n]*\n"
                       "      1 [^\n]* ([0-9.]+ MB)\n"
                       "      2 [^\n]* \\1\n"));
}

TEST_CASE("crash loses the task that kills and the one that throws, and no other") {
    const auto output = run("", {"crash"});
    CHECK_THAT(output, ContainsSubstring("task 13: two workers died of it, the last was "
                                         "killed by SIGKILL (Killed)\n"
                                         "task 14: std::out_of_range: fourteen is too "
                                         "much\n398 of 400 tasks are done; "));
}

TEST_CASE("limit shows a worker for every three tasks") {
    const auto output = run("", {"limit"});
    CHECK_THAT(output, ContainsSubstring("task 2: worker 1\ntask 3: worker 2\n"));
    CHECK_THAT(output, ContainsSubstring("task 7: worker 3\n"));
}

TEST_CASE("hang shows three pages and one that timed out") {
    const auto output = run("", {"hang"});
    CHECK_THAT(output, ContainsSubstring("/hang           Connection timed out\n"
                                         "/delay/100?b    status 200\n"));
}

TEST_CASE("fetch shows a line for each page") {
    const ladder::slow_server server;
    const auto output =
        run("", {"fetch", server.url("/page/1"), server.url("/reset")}, 1);
    CHECK_THAT(output, ContainsSubstring("2 pages, 1 failed"));
}

TEST_CASE("broken_one_at_a_time: a pool of four with the work of one") {
    CHECK(run("_broken_one_at_a_time") ==
          "map for each item:   1 of 4 workers had work\n"
          "map for all of them: 4 of 4 workers had work\n");
}

TEST_CASE("broken_stale_copy: two workers, two answers") {
    CHECK(run("_broken_stale_copy") == "rate 1: 100 becomes 100\n"
                                       "rate 2: 100 becomes 100\n"
                                       "after a worker's death: 200\n");
}

TEST_CASE("broken_nobody_asks: three errors that nobody sees") {
    CHECK(run("_broken_nobody_asks") == "10 tasks, no complaint\n");
}

TEST_CASE("broken_shared_queue: one dead worker stops all four") {
    CHECK(run("_broken_shared_queue") ==
          "10 tasks: 10 outcomes\n"
          "one idle worker of four is killed; 10 tasks: 0 outcomes\n");
}

TEST_CASE("broken_no_join: the workers are killed, and no answer comes") {
    CHECK(run("_broken_no_join") == "the end; 0 answers of 5\n");
}

TEST_CASE("bench_process_pool: Ctrl-C ends Python's processes, too, and silently") {
    const std::string program = LADDER_BIN_DIR "/bench_process_pool";
    if (::access(program.c_str(), X_OK) != 0) SKIP("a sanitizer has nothing to measure");
    if (ladder::run_program({"/usr/bin/env", "python3", "-c", ""}).status != 0)
        SKIP("there is no python3 here");
    // A group, as a terminal's foreground is one, which Ctrl-C reaches as a whole.
    ladder::running_program bench{{program}, {.prepare = [] { ::setpgid(0, 0); }}};
    CHECK(ladder::interrupt_with(bench, "python3", [](pid_t python) {
        return ::getpgid(python) == python; // it is ready for a signal
    }));
    const auto ended = bench.wait();
    CHECK(ended.status == 128 + SIGINT);
    CHECK(ended.err == "");
}
