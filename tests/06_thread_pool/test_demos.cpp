// The programs of rung 06, as a reader runs them.

#include "leftovers.hpp"
#include "run_program.hpp"
#include "running_program.hpp"
#include "sanitizer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <csignal>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

using namespace ladder;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;

namespace {

std::string output_of(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), LADDER_BIN_DIR "/06_thread_pool");
    const auto before = leftovers::now();
    const auto result = run_program(arguments);
    CHECK(leftovers::since(before) == "");
    CHECK(result.status == 0);
    return result.output;
}

program_result broken(const std::string& name) {
    return run_program({LADDER_BIN_DIR "/06_thread_pool_broken_" + name});
}

std::ptrdiff_t threads_of(pid_t process) {
    std::error_code gone;
    const std::filesystem::directory_iterator each{
        "/proc/" + std::to_string(process) + "/task", gone};
    return std::distance(begin(each), end(each));
}

} // namespace

TEST_CASE("pages: ten threads have ten pages in flight") {
    CHECK_THAT(output_of({"pages"}), ContainsSubstring("thread 10 ") &&
                                         ContainsSubstring("10 pages in flight"));
}

TEST_CASE("hang: one page times out and the others come") {
    const auto output = output_of({"hang"});
    CHECK_THAT(output, ContainsSubstring("Connection timed out"));
    CHECK_THAT(output, ContainsSubstring("/hang"));
}

TEST_CASE("errors: an exception comes out of its future, and order is kept") {
    CHECK(output_of({"errors"}) == "good: 42\n"
                                   "bad: an exception, \"no such page\"\n"
                                   "map: the squares of 5 4 3 2 1 0 are 25 16 9 4 1 0\n"
                                   "both threads are alive: yes\n");
}

TEST_CASE("shutdown: with the rest, and without") {
    CHECK(output_of({"shutdown"}) ==
          "finish()   10 done, 0 stopped in the middle, 0 dropped\n"
          "drop()      0 done, 1 stopped in the middle, 9 dropped\n");
}

TEST_CASE("self: tasks wait for tasks of their own pool") {
    CHECK_THAT(output_of({"self"}), ContainsSubstring("= 500500\n"));
}

TEST_CASE("asio: the same results with asio::thread_pool") {
    const auto output = output_of({"asio"});
    CHECK_THAT(output,
               ContainsSubstring("asio::thread_pool   42, no such page; 20 pages"));
    CHECK_THAT(output, ContainsSubstring(" 10 in flight\n"));
}

TEST_CASE("pictures: two threads compress as much as one") {
    if (ladder::memory_is_inflated) SKIP("22 MB take a sanitizer half a minute");
    CHECK_THAT(output_of({"pictures"}),
               Matches("24 pictures in 4 folders, 22.1 MB\n\n[^\n]*\n"
                       "      1 [^\n]* ([0-9.]+ MB)\n"
                       "      2 [^\n]* \\1\n"));
}

TEST_CASE("memory: a thread that waits is cheap: not its stack, nor a tenth of 1 MB") {
    std::istringstream words{output_of({"memory"})};
    int count = 0;
    double all = 0, each = 0;
    std::string word;
    words >> count >> word >> word >> word >> all >> word >> each >> word;
    CHECK(count == 1000);
    CHECK(all > 0);
    CHECK(each > 0);
    CHECK(word == "KB");
    if (!memory_is_inflated) CHECK(each < 100);
}

TEST_CASE("broken_self_wait: a pool whose threads all wait for its queue") {
    const auto result = broken("self_wait");
    CHECK(result.status == 0);
    CHECK_THAT(result.output, ContainsSubstring("Nobody will ever begin those.\n"));
}

TEST_CASE("broken_early_exit: a task reads what its owner has left behind") {
    const auto result = broken("early_exit");
    CHECK_THAT(result.output, ContainsSubstring("sum has left: no such page\n"));
    if (address_sanitizer)
        CHECK_THAT(result.output, ContainsSubstring("heap-use-after-free"));
    else if (!thread_sanitizer)
        CHECK_THAT(result.output,
                   ContainsSubstring("the second task reads something else"));
}

TEST_CASE("bench_thread_pool: Ctrl-C ends Python, too, and silently") {
    const std::string program = LADDER_BIN_DIR "/bench_thread_pool";
    if (::access(program.c_str(), X_OK) != 0) SKIP("a sanitizer has nothing to measure");
    if (run_program({"/usr/bin/env", "python3", "-c", ""}).status != 0)
        SKIP("there is no python3 here");
    // A group, as a terminal's foreground is one, which Ctrl-C reaches as a whole.
    running_program bench{{program}, {.prepare = [] { ::setpgid(0, 0); }}};
    CHECK(interrupt_with(bench, "python3", [](pid_t python) {
        return threads_of(python) > 1; // it has its pool, and is ready for a signal
    }));
    const auto ended = bench.wait();
    CHECK(ended.status == 128 + SIGINT);
    CHECK(ended.err == "");
}
