// The program of rung 09 and its broken ones, as a reader runs them.

#include "leftovers.hpp"
#include "run_program.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <regex>
#include <string>
#include <vector>

using namespace ladder;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;

namespace {

std::string output_of(std::vector<std::string> command) {
    command[0].insert(0, LADDER_BIN_DIR "/09_event_loop");
    const auto before = leftovers::now();
    const auto result = run_program(command);
    CHECK(leftovers::since(before) == "");
    CHECK(result.status == 0);
    return result.output;
}

long number_after(const std::string& text, const std::string& what) {
    std::smatch found;
    const bool there = std::regex_search(text, found, std::regex{what + " +([0-9]+)"});
    INFO(text);
    REQUIRE(there);
    return std::stol(found[1]);
}

} // namespace

TEST_CASE("thousand: all are in flight in one thread") {
    const auto output = output_of({"", "thousand", "5000"});
    CHECK_THAT(output, ContainsSubstring("0 failed, 1000 in flight at most\n"));
    CHECK_THAT(output, ContainsSubstring("\n1 thread, "));
}

TEST_CASE("ten: a timeline of ten waits") {
    CHECK_THAT(output_of({"", "ten"}), ContainsSubstring("/page/9 "));
}

TEST_CASE("calls: fewer waits than requests") {
    if (run_program({"/usr/bin/env", "strace", "-c", "true"}).status != 0)
        SKIP("strace is not there, or may not trace");
    const auto output = output_of({"", "calls"});
    CHECK(number_after(output, "\nconnect") >= 1000);
    CHECK(number_after(output, "\nsendto") >= 1000);
    CHECK(number_after(output, "\nepoll_wait") < 1000);
}

TEST_CASE("memory: epoll shares none with the program") {
    CHECK(output_of({"", "memory"}) ==
          "mmap of the epoll descriptor: No such device\n"
          "epoll_wait into memory that is not there: Bad address\n"
          "epoll_wait into ours: 42 was copied to it\n");
}

TEST_CASE("files: epoll takes none") {
    const auto output = output_of({"", "files"});
    CHECK_THAT(output, ContainsSubstring("a file in epoll: Operation not permitted\n"));
    CHECK_THAT(output, Matches("[^]*\none thread +[0-9.]+ ms\n"
                               "16 threads +[0-9.]+ ms, [0-9.]+ × as fast\n"));
}

TEST_CASE("edge: told three times or once") {
    CHECK(output_of({"", "edge"}) == "level  times told: 3   bytes read: 10 of 10\n"
                                     "edge   times told: 1   bytes read:  4 of 10\n");
}

TEST_CASE("timers: in the order of their times") {
    CHECK_THAT(output_of({"", "timers"}),
               Matches("the first\nthe second\nthe same time, made later\n"
                       "the third, made first\ntimes it asked the kernel: [0-9]+\n"));
}

TEST_CASE("wake: what another thread posts is called in the thread of the loop") {
    CHECK(output_of({"", "wake"}) == "1: in the thread of the loop: true\n"
                                     "2: in the thread of the loop: true\n"
                                     "3: in the thread of the loop: true\n");
}

TEST_CASE("limit: fewer descriptors than pages in flight, and none fails") {
    const auto output = output_of({"", "limit"});
    CHECK_THAT(output, ContainsSubstring("\n0 failed, "));
    CHECK(number_after(output, "failed,") < 64);
}

TEST_CASE("broken_edge: what was not read at the edge stays") {
    CHECK(output_of({"_broken_edge"}) ==
          "read 4096 of 10000 bytes; 5904 lie in the socket, and nobody is told\n");
}

TEST_CASE("broken_always_ready: asks the kernel all the time") {
    const auto output = output_of({"_broken_always_ready"});
    CHECK(number_after(output, "EPOLLIN +asked the kernel") < 10);
    CHECK(number_after(output, "EPOLLOUT +asked the kernel") > 1000);
}

TEST_CASE("broken_blocking_handler: nobody else is called meanwhile") {
    CHECK(output_of({"_broken_blocking_handler"}) ==
          "a callback blocks for 400 ms: 0 ticks meanwhile, of 20\n");
}

TEST_CASE("broken_closed_fd: what was reported for one is delivered to another") {
    const auto output = output_of({"_broken_closed_fd"});
    CHECK_THAT(output, ContainsSubstring("c has the same number\n"));
    CHECK_THAT(output, ContainsSubstring("c: reported as ready; recv says: Resource "
                                         "temporarily unavailable\n"));
}
