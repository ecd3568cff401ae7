#include "leftovers.hpp"
#include "sanitizer.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/temporary.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using ladder::leftovers;
using ladder::measure;
using ladder::measure_options;
using ladder::measurement;
using ladder::temporary_file;

namespace {

constexpr std::size_t much = 64'000'000; // bytes
constexpr auto long_enough_to_be_seen = 400ms;

measurement measure_shell(const std::string& script,
                          const measure_options& options = {}) {
    return measure(std::vector<std::string>{"sh", "-c", script}, options);
}

// Runs one of the hidden test cases below as a program.
measurement measure_this(const std::string& tag) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").string();
    return measure(std::vector{program, tag}, {.stdout_to = "/dev/null"});
}

void touch_much_memory() {
    void* const memory = ::mmap(nullptr, much, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    REQUIRE(memory != MAP_FAILED);
}

} // namespace

TEST_CASE("program that uses much memory", "[.one]") {
    touch_much_memory();
    std::this_thread::sleep_for(long_enough_to_be_seen);
}

TEST_CASE("program whose processes share much memory", "[.shared]") {
    touch_much_memory();
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    for (int i = 0; i < 3; ++i)
        if (::fork() == 0) {
            ::close(ends[1]);
            char nothing = 0;
            (void)!::read(ends[0], &nothing, 1); // until that end is closed
            ::_exit(0);
        }
    std::this_thread::sleep_for(long_enough_to_be_seen); // when all are there
    ::close(ends[1]);
    while (::wait(nullptr) > 0) {
    }
}

TEST_CASE("program with five threads", "[.threads]") {
    std::promise<void> end;
    const auto ended = end.get_future().share();
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([ended] { ended.wait(); });
    std::this_thread::sleep_for(long_enough_to_be_seen); // when all are there
    end.set_value();
}

TEST_CASE("measure reports how the command ended, as a shell does") {
    CHECK(measure_shell("exit 0").exit_status == 0);
    CHECK(measure_shell("exit 3").exit_status == 3);
    CHECK(measure_shell("kill -9 $$").exit_status == 128 + 9);
}

TEST_CASE("measure refuses a command that cannot be started") {
    const auto before = leftovers::now();
    const std::vector<std::string> missing{"/no/such/program"};
    CHECK_THROWS_AS(measure(missing), std::system_error);
    CHECK_THROWS_AS(measure(std::vector<std::string>{}), std::system_error);
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("measure times the work, not its launch") {
    const auto before = leftovers::now();
    const auto cost = measure_shell("sleep 0.3 & exit 0");
    CHECK(cost.orphans == 1);
    CHECK(cost.wall >= 300ms);
    CHECK(cost.command < cost.wall);
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("measure has no orphans to report when a program waits for its own") {
    const auto cost = measure_shell("sleep 0.05 & wait");
    CHECK(cost.orphans == 0);
    CHECK(cost.wall == cost.command);
}

TEST_CASE("measure adds up the CPU time of the tree, orphans included") {
    const std::string work = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
    const auto idle = measure_shell("sleep 0.01");
    CHECK(measure_shell("(" + work + ") & wait").cpu > 2 * idle.cpu);
    CHECK(measure_shell("(" + work + ") & exit 0").cpu > 2 * idle.cpu);
}

TEST_CASE("measure counts processes and threads") {
    const auto processes = measure_shell("sleep 0.4 & sleep 0.4 & wait");
    CHECK(processes.max_processes == 3);
    CHECK(processes.max_threads == 3);
    CHECK(processes.voluntary_switches >= 3);

    const auto threads = measure_this("[.threads]");
    // LeakSanitizer looks at the program from a second process when it ends.
    if (!ladder::address_sanitizer) CHECK(threads.max_processes == 1);
    CHECK(threads.max_threads >= 5); // a sanitizer has one of its own
}

TEST_CASE("measure counts shared memory once") {
    const auto one = measure_this("[.one]");
    CHECK(one.exit_status == 0);
    CHECK(one.peak_memory >= much);

    const auto shared = measure_this("[.shared]");
    CHECK(shared.exit_status == 0);
    CHECK(shared.max_processes == 4);
    CHECK(shared.peak_memory >= much);
    CHECK(shared.peak_memory < 2 * much);
}

TEST_CASE("measure finds some memory in a program of fifty milliseconds") {
    std::size_t found = 0;
    for (int i = 0; i < 20 && found == 0; ++i) // again, when whoever looks had no core
        found = measure_shell("sleep 0.05").peak_memory;
    CHECK(found > 50'000);
}

TEST_CASE("measure sends the output to a file and extends the environment") {
    const temporary_file output;
    ::setenv("LADDER_TEST_KEPT", "kept", 1);
    ::setenv("LADDER_TEST_REPLACED", "old", 1);
    measure_shell(
        "echo $LADDER_TEST_KEPT $LADDER_TEST_REPLACED $LADDER_TEST_NEW",
        {.stdout_to = output.path(),
         .environment = {"LADDER_TEST_REPLACED=replaced", "LADDER_TEST_NEW=new"}});
    ::unsetenv("LADDER_TEST_KEPT");
    ::unsetenv("LADDER_TEST_REPLACED");
    CHECK(output.content() == "kept replaced new\n");
}

TEST_CASE("measure pins the command to a core, and only the command") {
    cpu_set_t before, after;
    REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
    const int cpu = ladder::first_usable_core();
    const temporary_file output;
    measure_shell("grep Cpus_allowed_list /proc/self/status",
                  {.stdout_to = output.path(), .cpu = cpu});
    CHECK(output.content() == "Cpus_allowed_list:\t" + std::to_string(cpu) + "\n");
    REQUIRE(::sched_getaffinity(0, sizeof after, &after) == 0);
    CHECK(CPU_EQUAL(&before, &after));
}

TEST_CASE("measure kills the whole tree when its time is over") {
    const auto before = leftovers::now();
    const auto cost = measure_shell("sleep 1000 & sleep 1000 & wait", {.timeout = 50ms});
    CHECK(cost.timed_out);
    CHECK(cost.exit_status == 128 + 9);
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("measure kills the whole tree when it is told to stop") {
    const auto before = leftovers::now();
    const std::atomic<bool> stop{true};
    const auto cost = measure_shell("sleep 1000 & sleep 1000 & wait", {.stop = &stop});
    CHECK_FALSE(cost.timed_out);
    CHECK(cost.exit_status == 128 + 9);
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("measure says so when SIGCHLD is ignored") {
    const auto before = std::signal(SIGCHLD, SIG_IGN);
    CHECK_THROWS_AS(measure_shell("exit 0"), std::system_error);
    std::signal(SIGCHLD, before);
}

TEST_CASE("measure leaves other children of its caller alone") {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t mine = ::fork();
    if (mine == 0) {
        char byte;
        ::close(ready[1]);
        ::_exit(::read(ready[0], &byte, 1) == 0 ? 7 : 8);
    }
    const auto cost = measure(std::vector<std::string>{"sleep", "0.05"});
    CHECK(cost.max_processes == 1);
    CHECK(cost.orphans == 0);
    ::close(ready[0]);
    ::close(ready[1]);
    int status = 0;
    REQUIRE(::waitpid(mine, &status, 0) == mine);
    CHECK(WEXITSTATUS(status) == 7);
    int adopts = -1;
    ::prctl(PR_GET_CHILD_SUBREAPER, &adopts);
    CHECK(adopts == 0);
}

TEST_CASE("a stopwatch counts this process and the children it waited for") {
    const ladder::stopwatch watch;
    std::this_thread::sleep_for(1ms);
    CHECK(watch.elapsed().wall >= 1ms);
    CHECK(watch.elapsed().voluntary_switches >= 1);

    while (watch.elapsed().cpu < 5ms) {
    }

    const pid_t child = ::fork();
    if (child == 0) {
        const ladder::stopwatch own;
        while (own.elapsed().cpu < 50ms) {
        }
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    CHECK(watch.elapsed().cpu >= 55ms);
}

TEST_CASE("a measurement reads as one line") {
    measurement cost;
    cost.wall = cost.command = 1'034'000us;
    cost.cpu = 52'300us;
    cost.peak_memory = 12'340'000;
    cost.max_processes = 1;
    cost.max_threads = 5;
    cost.voluntary_switches = 120;
    cost.involuntary_switches = 4;
    CHECK(ladder::format(cost) ==
          "1.03 s, 52.3 ms of CPU, 12.3 MB, 1 process, 5 threads, 120 + 4 switches");
    cost.command = 2'000us;
    cost.orphans = 2;
    cost.exit_status = 3;
    CHECK(ladder::format(cost) ==
          "1.03 s, 52.3 ms of CPU, 12.3 MB, 1 process, 5 threads, 120 + 4 switches, "
          "command ended after 2.0 ms and left 2 processes behind, exit status 3");
    CHECK(ladder::format(static_cast<ladder::usage>(cost)) ==
          "1.03 s, 52.3 ms of CPU, 120 + 4 switches");
}
