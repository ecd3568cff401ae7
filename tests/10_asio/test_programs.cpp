// The program of rung 10 and its broken ones, as a reader runs them.

#include "leftovers.hpp"
#include "run_program.hpp"
#include "running_program.hpp"
#include "sanitizer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

using namespace ladder;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;

namespace {

const std::string uring = LADDER_BIN_DIR "/10_asio_uring";

std::string output_of(std::vector<std::string> command) {
    command[0].insert(0, LADDER_BIN_DIR "/10_asio");
    const auto before = leftovers::now();
    const auto result = run_program(command);
    CHECK(leftovers::since(before) == "");
    CHECK(result.status == 0);
    return result.output;
}

/// Without what a clock said.
std::string without_times(const std::string& text) {
    return std::regex_replace(text, std::regex{"  after [0-9.]+ s  "}, "");
}

/// From here on the kernel refuses io_uring to this process, as it does in many
/// containers (seccomp(2)).
void refuse_io_uring() {
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{.len = std::size(filter), .filter = filter};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

} // namespace

// How many are in flight at once is for /gate/1000, in test_fetch.cpp: here a busy
// machine gets the first answers before it has asked the last question.
TEST_CASE("thousand: by callbacks and by coroutines, and none fails") {
    const auto output = output_of({""});
    CHECK_THAT(output, Matches("[^]*\ncallbacks [^\n]*; 0 failed, [0-9]+ in flight\n"
                               "coroutines [^\n]*; 0 failed, [0-9]+ in flight\n"));
}

TEST_CASE("batches: both get all pages, and are drawn") {
    const auto output = output_of({"", "batches"});
    CHECK_THAT(output, Matches("batches of four [^\n]*, 0 failed\n"
                               "  by a clock that each batch starts: [0-9.]+ s\n"
                               "a window of four [^\n]*, 0 failed\n"
                               "batches take [0-9.]+ times as long\n[^]*"));
    CHECK_THAT(output, ContainsSubstring("/page/12 "));
}

TEST_CASE("keep: as many connections as pages, or as are in flight") {
    const auto output = output_of({"", "keep"});
    CHECK_THAT(output, Matches("[^]*\na connection for each +5000 [^]*"));
    CHECK_THAT(output, Matches("[^]*\nkept connections +64 [^]*"));
}

TEST_CASE("wait: done and pending, in the order of completion") {
    CHECK(without_times(output_of({"", "wait"})) ==
          "done: [\"b\"]  pending: [\"a\"]\ndone: [\"b\", \"a\"]  pending: []\n");
}

TEST_CASE("create: they run from their creation on") {
    CHECK(without_times(output_of({"", "create"})) ==
          "two tasks are created, and this one goes on\na has ended\n"
          "b has ended, and had before: no wait\n");
}

TEST_CASE("gather: in the order of the list") {
    CHECK(without_times(output_of({"", "gather", "0.01"})) ==
          "in the order of the list: a, b\n");
}

TEST_CASE("ensure: what runs already is not started again") {
    CHECK(without_times(output_of({"", "ensure", "0.01"})) ==
          "a, b; 2 tasks have begun\n");
}

TEST_CASE("ways: all four") {
    CHECK_THAT(output_of({"", "ways", "0.01"}),
               Matches("wait\n[^]+create\n[^]+gather\n[^]+ensure\n[^]+ begun\n"));
}

TEST_CASE("limit: done, given up, cancelled") {
    CHECK(output_of({"", "limit"}) == "work of 10 ms, limit of 10000 ms: done\n"
                                      "work of 10000 ms, limit of 10 ms: given up\n"
                                      "work of an hour: cancelled\n");
}

TEST_CASE("cleanup: everything is closed, from the inside to the outside") {
    CHECK(output_of({"", "cleanup"}) ==
          "log: open\nconnection: open\ncancelled\nconnection: closed\n"
          "log: the last line is written\nlog: closed\n"
          "the session ended: Operation canceled [system:125]\n");
}

TEST_CASE("strand: nothing is lost") {
    CHECK_THAT(output_of({"", "strand"}), ContainsSubstring(": 200000 of 200000\n"));
}

TEST_CASE("swap: the program on io_uring makes fewer system calls") {
    if (run_program({"/usr/bin/env", "strace", "-c", "true"}).status != 0)
        SKIP("strace is not there, or may not trace");
    if (run_program({uring, "--help"}).status != 0) SKIP("no io_uring here");
    if (address_sanitizer) SKIP("LeakSanitizer does not work under strace");
    const auto output = output_of({"", "swap"});
    std::smatch calls;
    const std::regex last{"epoll [^\n]* ([0-9]+)\nio_uring [^\n]* ([0-9]+)\n"};
    INFO(output);
    REQUIRE(std::regex_search(output, calls, last));
    CHECK(std::stol(calls[2]) < std::stol(calls[1]));
}

TEST_CASE("the program on io_uring has the same demos") {
    if (run_program({uring, "--help"}).status != 0) SKIP("no io_uring here");
    CHECK_THAT(output_of({"_uring", "thousand"}), ContainsSubstring("; 0 failed, "));
    CHECK_THAT(output_of({"_uring", "cleanup"}), ContainsSubstring("log: closed\n"));
}

TEST_CASE("where the kernel refuses io_uring, it says so in a line") {
    if (!std::filesystem::exists(uring)) SKIP("liburing is not there");
    running_program program{{uring}, {.prepare = refuse_io_uring}};
    const auto ended = program.wait();
    CHECK(ended.status == 1);
    CHECK(ended.out.empty());
    CHECK_THAT(ended.err, Matches("[^\n]*10_asio_uring: the kernel refuses this loop: "
                                  "Operation not permitted. See: ./learn doctor\n"));
}

TEST_CASE("broken_detached: what a detached coroutine throws is lost") {
    CHECK(output_of({"_broken_detached"}) ==
          "detached: 2 pages of 3, and no error\n"
          "a handler that throws it again: page 2: connection reset\n");
}

TEST_CASE("broken_capture: what a lambda has captured is gone") {
    const auto result = run_program({LADDER_BIN_DIR "/10_asio_broken_capture"});
    if (address_sanitizer) {
        CHECK(result.status != 0);
        CHECK_THAT(result.output,
                   ContainsSubstring("ERROR: AddressSanitizer: stack-use"));
    } else {
        CHECK(result.status == 0);
        CHECK_THAT(result.output, ContainsSubstring("parameter: page 1\nparameter: page "
                                                    "2\nparameter: page 3\n"));
        CHECK_THAT(result.output, !ContainsSubstring("captured: page 1\n"));
    }
}

TEST_CASE("broken_no_strand: two threads in two coroutines") {
    const auto run = [] {
        return run_program({LADDER_BIN_DIR "/10_asio_broken_no_strand"});
    };
    auto result = run();
    CHECK_THAT(result.output, ContainsSubstring("counted 200000 times"));
    if (thread_sanitizer) {
        // Between two turns the pool's own lock puts the threads in order. On a busy
        // machine a whole run may show it no access that is not.
        for (int again = 0; result.status == 0 && again < 4; ++again)
            result = run();
        CHECK(result.status != 0);
        CHECK_THAT(result.output,
                   ContainsSubstring("WARNING: ThreadSanitizer: data race"));
    } else {
        CHECK(result.status == 0);
    }
}

TEST_CASE("broken_blocking: nobody else runs meanwhile") {
    CHECK(output_of({"_broken_blocking"}) ==
          "a call that blocks for 400 ms: 0 ticks meanwhile\n"
          "a co_await of 400 ms: many ticks meanwhile\n");
}

TEST_CASE("broken_or: the first that succeeds is not the first that ends") {
    CHECK(
        output_of({"_broken_or"}) ==
        "the error is thrown: a timeout, 500 ms after the connection had failed\n"
        "the error is returned: the connection has failed, and the timer was stopped\n");
}
