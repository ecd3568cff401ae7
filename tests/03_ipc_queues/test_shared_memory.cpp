// Memory and names that processes share, and what is left of them.

#include "ipc_queues/owned_name.hpp"
#include "ipc_queues/shared_memory.hpp"
#include "leftovers.hpp"
#include "processes/child_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

using namespace ladder;
using namespace ladder::ipc_queues;
using processes::child_process;

namespace {

/// Of this test process alone, so that tests can run side by side.
std::string family() {
    return fmt::format("test{}", ::getpid());
}

bool is_there(const std::string& name) {
    return std::filesystem::exists("/dev/shm/" + name);
}

/// A process that makes a name with memory, and is killed. The name.
std::string left_by_a_crash(const std::string& family) {
    const shared<std::array<char, 100>> text;
    auto child = child_process::fork([&] {
        const owned_name name{family};
        const auto memory = shared_memory::create(name.str(), 100);
        std::strcpy(text->data(), name.c_str());
        return std::raise(SIGKILL);
    });
    CHECK(child.wait().signal() == SIGKILL);
    return text->data();
}

} // namespace

TEST_CASE("a forked process sees the same memory") {
    const shared<std::atomic<int>> number{1};
    auto child = child_process::fork([&] {
        *number += 41;
        return 0;
    });
    REQUIRE(child.wait().success());
    CHECK(*number == 42);
}

TEST_CASE("only the process that made a shared object destroys it") {
    struct counted {
        explicit counted(std::atomic<int>& n) : ends(n) {}

        ~counted() { ++ends; }

        std::atomic<int>& ends;
    };

    const shared<std::atomic<int>> ends{0};
    {
        std::optional<shared<counted>> object{std::in_place, *ends};
        child_process::fork([&] {
            object.reset();
            return 0;
        }).wait();
        CHECK(*ends == 0);
    }
    CHECK(*ends == 1);
}

TEST_CASE("memory under a name is the same in a process that opens it") {
    const owned_name name{family()};
    const auto memory = shared_memory::create(name.str(), 4096);
    auto child = child_process::fork([&] {
        const auto same = shared_memory::open(name.str());
        std::strcpy(static_cast<char*>(same.data()), "hello");
        return same.size() == 4096 ? 0 : 1;
    });
    CHECK(child.wait().success());
    CHECK(std::string{static_cast<const char*>(memory.data())} == "hello");
}

TEST_CASE("a name is made once, and opened only when it is there") {
    const owned_name name{family()};
    CHECK_THROWS_AS(shared_memory::open(name.str()), std::system_error);
    const auto memory = shared_memory::create(name.str(), 1);
    CHECK_THROWS_AS(shared_memory::create(name.str(), 1), std::system_error);
}

TEST_CASE("memory that there is not is an error at once, and leaves no name") {
    const owned_name name{family()};
    CHECK_THROWS_AS(shared_memory::create(name.str(), std::size_t{1} << 50),
                    std::system_error);
    CHECK_FALSE(is_there(name.str()));
}

TEST_CASE("no two names are the same, and none stays") {
    const auto before = leftovers::now();
    {
        const owned_name a{family()}, b{family()};
        CHECK(a.str() != b.str());
        const auto memory = shared_memory::create(a.str(), 1);
        child_process::fork([&] { // its copy of the name is not the owner
            const owned_name copy_ends_here{family()};
            return 0;
        })
            .wait();
        CHECK(is_there(a.str()));
    }
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("the name of a process that was killed is found and removed") {
    const std::string name = left_by_a_crash(family());
    CHECK(is_there(name));
    CHECK(abandoned(family()) == std::vector{name});
    CHECK(remove_abandoned(family()) == std::vector{name});
    CHECK_FALSE(is_there(name));
    CHECK(remove_abandoned(family()).empty());
}

TEST_CASE("the name of a process that lives is left alone") {
    const owned_name name{family()};
    const auto memory = shared_memory::create(name.str(), 1);
    CHECK(abandoned(family()).empty());
    CHECK(remove_abandoned(family()).empty());
    CHECK(is_there(name.str()));
}

TEST_CASE("a number that the kernel gave to another process does not protect a name") {
    // As if a process with our number had lived before us.
    const std::string old = fmt::format("ladder-{}-{}-1-0", family(), ::getpid());
    const auto memory = shared_memory::create(old, 1);
    CHECK(remove_abandoned(family()) == std::vector{old});
}

TEST_CASE("another family and other names are left alone") {
    const std::string name = left_by_a_crash(family() + "b");
    const std::string strange = fmt::format("ladder-{}-strange", family());
    const auto memory = shared_memory::create(strange, 1);
    CHECK(remove_abandoned(family()).empty());
    CHECK(is_there(name));
    CHECK(is_there(strange));
    CHECK(remove_abandoned(family() + "b") == std::vector{name});
    std::filesystem::remove("/dev/shm/" + strange);
    CHECK_THROWS_AS(owned_name{""}, std::invalid_argument);
    CHECK_THROWS_AS(owned_name{"../x"}, std::invalid_argument);
}
