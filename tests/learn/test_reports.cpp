// What tools say, and what the companion makes of it. The reports are real ones,
// shortened.

#include "ninja_progress.hpp"
#include "reports.hpp"
#include "test_runs.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace ladder::learn;
using lines = std::vector<std::string>;

namespace {

const places where{.root = "/p", .yours = "/p/exercises/05/bank", .tests = "/p/tests/05"};

} // namespace

TEST_CASE("a data race names both lines of the learner") {
    const auto report = sanitizer_report(R"(
==================
WARNING: ThreadSanitizer: data race (pid=71)
  Write of size 4 at 0x7ffc by thread T2:
    #0 std::invoke(int) /usr/include/c++/12/bits/invoke.h:61 (a+0x1)
    #1 account::deposit(int) /p/exercises/05/bank/bank_account.hpp:14 (a+0x2)
    #2 main /p/tests/05/test.cpp:9 (a+0x3)

  Previous read of size 4 at 0x7ffc by thread T1 (mutexes: write M1):
    #0 account::deposit(int) ../exercises/05/bank/bank_account.hpp:12 (a+0x2)

  Location is stack of main thread.

  Thread T2 (tid=3, running) created by main thread at:
    #0 pthread_create <null> (libtsan.so.2+0x1)
    #1 main /p/tests/05/test.cpp:8 (a+0x3)

SUMMARY: ThreadSanitizer: data race /p/exercises/05/bank/bank_account.hpp:14 in deposit
)",
                                         where);
    REQUIRE(report);
    CHECK(*report == lines{"data race: two threads use the same memory, one of them "
                           "writes, and nothing orders them",
                           "thread T1 reads 4 bytes (bank_account.hpp:12)",
                           "thread T2 writes 4 bytes (bank_account.hpp:14)"});
}

TEST_CASE("two lock orders name who takes what while holding what") {
    const auto report = sanitizer_report(R"(
WARNING: ThreadSanitizer: lock-order-inversion (potential deadlock) (pid=5)
  Cycle in lock order graph: M0 (0x1) => M1 (0x2) => M0

  Mutex M1 acquired here while holding mutex M0 in thread T1:
    #0 pthread_mutex_lock <null> (libtsan.so.2+0x1)
    #1 transfer /p/exercises/05/bank/bank_account.hpp:20 (a+0x1)

  Mutex M0 acquired here while holding mutex M1 in thread T2:
    #0 pthread_mutex_lock <null> (libtsan.so.2+0x1)
    #1 transfer /p/exercises/05/bank/bank_account.hpp:21 (a+0x1)

SUMMARY: ThreadSanitizer: lock-order-inversion (potential deadlock) x
)",
                                         where);
    REQUIRE(report);
    REQUIRE(report->size() == 3);
    CHECK(report->at(0).starts_with("possible deadlock"));
    CHECK(report->at(1) == "thread T1 holds M0 and takes M1 (bank_account.hpp:20)");
    CHECK(report->at(2) == "thread T2 holds M1 and takes M0 (bank_account.hpp:21)");
}

TEST_CASE("memory that was freed: who reads, who freed, who allocated") {
    const auto report = sanitizer_report(R"(
=================================================================
==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x60 at pc 0x55 bp 0x7f
READ of size 4 at 0x602000000010 thread T0
    #0 0x5581 in get() /p/exercises/05/bank/bank_account.hpp:30
    #1 0x5582 in main /p/tests/05/test.cpp:12

0x602000000010 is located 0 bytes inside of 4-byte region
freed by thread T0 here:
    #0 0x7f in operator delete(void*) (/lib/libasan.so.8+0xb)
    #1 0x5583 in drop() /p/exercises/05/bank/bank_account.hpp:25

previously allocated by thread T0 here:
    #0 0x7f in operator new(unsigned long) (/lib/libasan.so.8+0xb)
    #1 0x5584 in make() /p/exercises/05/bank/bank_account.hpp:20

SUMMARY: AddressSanitizer: heap-use-after-free
)",
                                         where);
    REQUIRE(report);
    CHECK(*report == lines{"heap-use-after-free: memory that is not yours",
                           "read at bank_account.hpp:30",
                           "freed before at bank_account.hpp:25",
                           "allocated at bank_account.hpp:20"});
}

TEST_CASE("undefined behaviour names its line") {
    const auto report = sanitizer_report(
        "/p/exercises/05/bank/bank_account.hpp:7:9: runtime error: signed integer "
        "overflow: 2147483647 + 1 cannot be represented in type 'int'\n",
        where);
    REQUIRE(report);
    CHECK(report->at(0) == "undefined behaviour at bank_account.hpp:7");
    CHECK(report->at(1).starts_with("signed integer overflow"));
}

TEST_CASE("output without a report is none") {
    CHECK_FALSE(sanitizer_report("all is well\n", where));
    CHECK_FALSE(hang_report("all is well\n", where, {}));
    CHECK(first_error("[1/2] Building\n[2/2] Linking\n", where).empty());
}

TEST_CASE("of a compiler's output the first error comes first, and the rest is counted") {
    const auto error = first_error(R"([1/2] Building CXX object x.o
FAILED: x.o
/usr/bin/c++ -O1 -o x.o -c /p/tests/05/test.cpp
In file included from /p/tests/05/test.cpp:1:
/p/exercises/05/bank/bank_account.hpp: In member function 'int get()':
/p/exercises/05/bank/bank_account.hpp:7:9: error: 'x' was not declared
    7 |         return x;
      |                ^
/p/exercises/05/bank/bank_account.hpp:8:9: error: expected ';'
    8 |         return
      |               ^
ninja: build stopped: subcommand failed.
)",
                                   where);
    CHECK(error == lines{"bank_account.hpp:7: error: 'x' was not declared",
                         "    7 |         return x;", "      |                ^",
                         "… and 1 more (--raw shows all)"});
}

TEST_CASE("what is missing at link time is an error, too") {
    const auto error =
        first_error("/usr/bin/ld: x.o: in function `main':\n"
                    "test.cpp:(.text+0x1): undefined reference to `ladder::get()'\n"
                    "collect2: error: ld returned 1 exit status\n",
                    where);
    REQUIRE_FALSE(error.empty());
    CHECK(error[0].find("undefined reference to `ladder::get()'") != std::string::npos);
}

TEST_CASE("a hang says who waits for what, and where") {
    const auto resolve = [](const std::string& address) -> lines {
        return address == "0x22" ? lines{"/p/exercises/05/bank/bank_account.hpp:40"}
                                 : lines{"??:0"};
    };
    const auto report = hang_report(R"(
HANG  no deposit is lost · no end after 10 s, 0.1 s of them on a core
  thread 5 (bank) waits in futex_wait_queue
/lib/libc.so.6(pthread_mutex_lock+0x112)[0x7f]
/build/tests/bank(+0x22)[0x55]
/build/tests/bank(+0x33)[0x55]
)",
                                    where, resolve);
    REQUIRE(report);
    CHECK(*report == lines{"no end after 10 s",
                           "thread 1 waits for a mutex at bank_account.hpp:40"});
}

TEST_CASE("th*read*_start in a stack is not read()") {
    const auto nowhere = [](const std::string&) -> lines { return {"??:0"}; };
    const auto report = hang_report(R"(
HANG  x · no end after 10 s, 0.1 s of them on a core
  thread 5 (bank) waits in futex_wait_queue
/lib/libc.so.6(+0x85d6b)[0x7f]
/lib/libstdc++.so.6(_ZNSt6thread4joinEv+0x17)[0x7f]
  thread 6 (bank) waits in futex_wait_queue
/lib/libc.so.6(syscall+0x19)[0x7f]
/lib/libc.so.6(thread_start+0x19)[0x7f]
  process 7 waits in ep_poll
  process 8 waits in something_else
  process 9 waits in anon_pipe_read
)",
                                    where, nowhere);
    REQUIRE(report);
    CHECK(*report == lines{"no end after 10 s", "thread 1 waits for a thread to end",
                           "thread 2 waits for another thread",
                           "a child process waits for events",
                           "a child process waits for something to read"});
    const auto alone =
        hang_report("\nHANG  x · no end after 10 s, 0.1 s of them on a core\n"
                    "  thread 5 (bank) waits in futex_wait_queue\n"
                    "/lib/libc.so.6(syscall+0x19)[0x7f]\n",
                    where, nowhere);
    REQUIRE(alone);
    CHECK(alone->at(1) ==
          "thread 1 waits, and there is no other thread that could end that");
}

TEST_CASE("a crash is where the learner's code was interrupted") {
    const auto resolve = [](const std::string& address) -> lines {
        // The checker looks one byte before an address; what was interrupted is no call.
        if (address == "0x34") return {"/p/exercises/05/bank/bank_account.hpp:7"};
        if (address == "0x44") return {"/p/tests/05/test.cpp:9"};
        return {"??:0"};
    };
    const std::string head = "said\n\nCRASH\nbank(+0x11)[0x1]\nlibc.so.6(+0x22)[0x2]\n";
    CHECK(crash_place(head + "bank(+0x33)[0x3]\nbank(+0x44)[0x4]\n", where, resolve) ==
          "bank_account.hpp:7");
    CHECK(crash_place(head + "libc.so.6(abort+0x5)[0x3]\nbank(+0x44)[0x4]\n", where,
                      resolve) == "tests/05/test.cpp:9");
    CHECK(crash_place("all is well\n", where, resolve).empty());
}

TEST_CASE("of warnings the learner's are shown, each once") {
    CHECK(warnings(R"(
/p/exercises/05/bank/bank_account.hpp:7:9: warning: unused variable 'x' [-Wunused]
/p/exercises/05/bank/bank_account.hpp:7:9: warning: unused variable 'x' [-Wunused]
/usr/include/c++/12/bits/invoke.h:61:1: warning: not theirs
)",
                   where) == lines{"bank_account.hpp:7: unused variable 'x' [-Wunused]"});
}

TEST_CASE("of ninja's words it is known how far it is") {
    std::string said;
    const std::function<void(const std::string&)> say = [&](const std::string& text) {
        said = text;
    };
    ninja_progress progress{say};
    progress("[1/12] Building x\n[2/1");
    CHECK(said == "building: 1 of 12");
    progress("2] Building y\nin between\n");
    CHECK(said == "building: 2 of 12");
    CHECK(ninja_progress::steps("[1/85] a\n[2/85] b\n") == 85);
    CHECK(ninja_progress::steps("ninja: no work to do.\n") == 0);
}

TEST_CASE("of all tests only those that failed are shown, with what they said") {
    const std::string said =
        "Test project /tmp/x/build\n"
        "        Start   1: 01_serial.a page\n"
        "  1/4 Test   #1: 01_serial.a page .......   Passed    0.09 sec\n"
        "        Start   2: 01_serial.what starts\n"
        "  2/4 Test   #3: 01_serial.skipped ......***Skipped   0.07 sec\n"
        "  3/4 Test   #2: 01_serial.what starts ..***Failed    2.72 sec\n"
        "Start it again\n"
        "  a Test of it   Passed \n"
        "\n"
        "75% tests passed, 1 tests failed out of 4\n"
        "the end";
    CHECK(what_went_wrong(said) ==
          "Test project /tmp/x/build\n"
          "  3/4 Test   #2: 01_serial.what starts ..***Failed    2.72 sec\n"
          "Start it again\n"
          "  a Test of it   Passed \n"
          "\n"
          "75% tests passed, 1 tests failed out of 4\n"
          "the end");
}

TEST_CASE("comments and what is quoted are no code, and lines stay lines") {
    CHECK(code_only("a // sleep_for\nb /* x\n y */ c \"sleep_for\" 1'000 'q'\n") ==
          "a \nb \n c \"\" 1'000 ''\n");
}
