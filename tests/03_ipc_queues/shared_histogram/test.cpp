// Processes that count into the same memory: in the order that loses, and killed in the
// middle.

#include "leftovers.hpp"
#include "processes/child_process.hpp"
#include "shared_histogram.hpp"
#include "workbench/interleave.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cctype>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

using ladder::shared_histogram;
using ladder::interleave::actor;
using ladder::interleave::script;
using ladder::processes::child_process;
using namespace std::chrono_literals;

namespace {

child_process in_a_process(const std::function<void()>& work) {
    return child_process::fork([&] {
        work();
        return 0;
    });
}

child_process as(const char* name, const std::function<void()>& work) {
    return child_process::fork([&, name] {
        const actor me{name};
        work();
        return 0;
    });
}

/// False when it is still there after five seconds, such as at a lock that nobody opens.
bool ends(child_process& process) {
    for (const auto limit = std::chrono::steady_clock::now() + 5s;
         std::chrono::steady_clock::now() < limit;) {
        if (process.try_wait()) return process.wait().success();
        std::this_thread::sleep_for(1ms);
    }
    return false;
}

/// A process adds 3 and is killed at that point, if it comes there.
void kill_at(const std::string& point, shared_histogram& histogram) {
    const script order{{"victim: " + point, "killer: killed"}};
    auto victim = as("victim", [&] { histogram.add(3); });
    {
        const actor me{"killer"}; // waits until the victim is there, or has ended
        victim.kill(SIGKILL);
        victim.wait();
        ladder::point("killed");
    }
}

long sum_of_counts(const shared_histogram& histogram) {
    long sum = 0;
    for (std::size_t value = 0; value < shared_histogram::values; ++value)
        sum += histogram.count(value);
    return sum;
}

std::vector<std::string> shared_mappings() {
    std::vector<std::string> result;
    std::ifstream file{"/proc/self/maps"};
    for (std::string line; std::getline(file, line);)
        if (line.find("rw-s") != line.npos) result.push_back(line);
    return result;
}

} // namespace

TEST_CASE("one process counts") {
    shared_histogram histogram;
    CHECK(histogram.total() == 0);
    histogram.add(0);
    histogram.add(9);
    histogram.add(9);
    CHECK(histogram.count(0) == 1);
    CHECK(histogram.count(9) == 2);
    CHECK(histogram.total() == 3);
    for (int i = 0; i < 70'000; ++i)
        histogram.add(5);
    CHECK(histogram.count(5) == 70'000);
    CHECK(histogram.total() == 70'003);
}

TEST_CASE("what a child counts, its parent sees") {
    shared_histogram histogram;
    histogram.add(3);
    auto child = in_a_process([&] { histogram.add(3); });
    REQUIRE(ends(child));
    CHECK(histogram.count(3) == 2);
}

TEST_CASE("what the parent counts, a child sees that was there before") {
    shared_histogram histogram;
    const script order{{"parent: counted", "child: looked"}};
    auto child = child_process::fork([&] {
        const actor me{"child"};
        const long seen = histogram.count(3);
        ladder::point("looked");
        return seen == 1 ? 0 : 1;
    });
    {
        const actor me{"parent"};
        histogram.add(3);
        ladder::point("counted");
    }
    CHECK(ends(child));
}

TEST_CASE(
    "two processes count the same value at the same time, and both counts are there") {
    for (int round = 0; round < 5; ++round) {
        shared_histogram histogram;
        const script order{{"A: after read", "B: after write"}};
        auto a = as("A", [&] { histogram.add(3); });
        auto b = as("B", [&] { histogram.add(3); });
        REQUIRE(ends(a));
        REQUIRE(ends(b));
        REQUIRE(histogram.count(3) == 2);
        REQUIRE(histogram.total() == 2);
    }
}

TEST_CASE("while one is in the middle, thirty others count, and none is missing") {
    shared_histogram histogram;
    const script order{{"A: after read", "others: counted"}};
    auto a = as("A", [&] { histogram.add(3); });
    {
        const actor me{"others"}; // when A is there, or has ended
        for (int i = 0; i < 30; ++i) {
            auto other = in_a_process([&] { histogram.add(3); });
            REQUIRE(ends(other));
        }
        ladder::point("counted");
    }
    REQUIRE(ends(a));
    CHECK(histogram.count(3) == 31);
    CHECK(histogram.total() == 31);
}

TEST_CASE("four processes count 400,000 values, and none is missing") {
    shared_histogram histogram;
    std::vector<child_process> team;
    team.reserve(4);
    for (int i = 0; i < 4; ++i)
        team.push_back(in_a_process([&] {
            for (std::size_t n = 0; n < 100'000; ++n)
                histogram.add(n % shared_histogram::values);
        }));
    for (child_process& process : team)
        REQUIRE(ends(process));
    for (std::size_t value = 0; value < shared_histogram::values; ++value)
        REQUIRE(histogram.count(value) == 40'000);
    CHECK(histogram.total() == 400'000);
}

TEST_CASE("a process that is killed in the middle does not stop the others") {
    for (const char* point : {"after read", "after write"}) {
        shared_histogram histogram;
        kill_at(point, histogram);
        auto other = in_a_process([&] { histogram.add(5), histogram.add(5); });
        INFO("killed at the point \"" << point << '"');
        REQUIRE(ends(other));
        CHECK(histogram.count(5) == 2);
    }
}

TEST_CASE("whoever is killed, the total is the sum of the counts") {
    for (const char* point : {"after read", "after write"}) {
        shared_histogram histogram;
        kill_at(point, histogram);
        INFO("killed at the point \"" << point << '"');
        CHECK(histogram.total() == sum_of_counts(histogram));
        CHECK(histogram.total() <= 1);
    }
}

TEST_CASE("after every instruction of add, the total is the sum of the counts") {
    shared_histogram histogram;
    const pid_t child = ::fork();
    if (child == 0) {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(2);
        ::raise(SIGSTOP);
        histogram.add(3);
        ::_exit(0);
    }
    long instructions = 0, bad = 0;
    int status = 0;
    while (::waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        bad += histogram.total() == sum_of_counts(histogram) ? 0 : 1;
        // A signal of its own would go on to it; there is none but the steps.
        if (++instructions > 1'000'000) ::kill(child, SIGKILL);
        ::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
        SKIP("this machine lets nobody trace a process");
    INFO("why: whoever is killed there leaves it so for ever");
    INFO("after " << bad << " of " << instructions << " instructions it was not");
    CHECK(bad == 0);
    CHECK(histogram.count(3) == 1);
}

TEST_CASE("two histograms are two") {
    shared_histogram one, two;
    one.add(3);
    CHECK(two.count(3) == 0);
    CHECK(two.total() == 0);
}

TEST_CASE("nothing is left of a histogram") {
    const auto before = ladder::leftovers::now();
    const auto mapped = shared_mappings();
    { const shared_histogram histogram; }
    CHECK(shared_mappings() == mapped);
    CHECK(ladder::leftovers::since(before) == "");
    auto victim = in_a_process([] {
        const shared_histogram histogram;
        ::raise(SIGKILL);
    });
    const std::string victim_number = std::to_string(victim.pid());
    CHECK(describe(victim.wait()) == "killed by SIGKILL (Killed)");
    INFO("why: nobody tidies up after a process that is killed, but the kernel");
    const auto has_its_number = [&](const std::string& name) { // and no longer one
        const auto at = name.find(victim_number);
        const auto digit = [&](std::size_t i) {
            return i < name.size() &&
                   std::isdigit(static_cast<unsigned char>(name[i])) != 0;
        };
        return at != name.npos && !digit(at - 1) && !digit(at + victim_number.size());
    };
    std::string names; // they have its number, as they are made to differ
    for (const auto& entry : std::filesystem::directory_iterator{"/dev/shm"})
        if (const auto name = entry.path().filename().string(); has_its_number(name)) {
            names += name + ' ';
            std::filesystem::remove(entry);
        }
    CHECK(names == "");
    CHECK(ladder::leftovers::since(before) == "");
}
