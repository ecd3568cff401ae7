// Work in a child process: what comes back, and that nothing stays.

#include "leftovers.hpp"
#include "processes/child_process.hpp"
#include "run_in_child.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using ladder::child_result;
using ladder::run_in_child;
using ladder::processes::child_process;
using ladder::processes::describe;

namespace {

using work = std::function<std::string()>;

/// What run_in_child gave, as it was seen in a process that is ended after ten seconds.
struct seen {
    std::string how;                  ///< How the child of run_in_child ended.
    std::optional<std::string> value; ///< What came back.
};

constexpr const char* no_end = "run_in_child did not return within ten seconds";

/// Calls run_in_child in a process of its own, for it may never return.
seen run(const work& function) {
    const int file = ::memfd_create("result", MFD_CLOEXEC);
    child_process caller = child_process::fork([&] {
        ::signal(SIGALRM, SIG_DFL);
        ::alarm(10);
        std::string text;
        try {
            const child_result result = run_in_child([&] {
                ::prctl(PR_SET_PDEATHSIG, SIGKILL); // should its parent wait for ever
                return function();
            });
            text = describe(result.status) + '\n' +
                   (result.value ? "value" + *result.value : "nothing");
        } catch (...) { // in the child of a fork by hand
            text = "what the work threw runs on in the caller's code\nnothing\n";
        }
        return ladder::processes::write_all(file, text) ? 1 : 0;
    });
    const auto status = caller.wait();
    ::lseek(file, 0, SEEK_SET);
    const std::string text = ladder::processes::read_all(file);
    ::close(file);
    if (status.signalled() && status.signal() == SIGALRM) return {no_end, {}};
    if (!status.success()) return {"run_in_child's caller " + describe(status), {}};
    const auto line = text.find('\n');
    seen result{text.substr(0, line), {}};
    if (text.substr(line + 1, 5) == "value") result.value = text.substr(line + 6);
    return result;
}

} // namespace

TEST_CASE("what the work returns comes back") {
    const seen result = run([] { return std::string{"hello"}; });
    CHECK(result.how == "exited with 0");
    CHECK(result.value == "hello");
}

TEST_CASE("an empty string is a value") {
    CHECK(run([] { return std::string{}; }).value == "");
}

TEST_CASE("every byte comes back, zero too") {
    const std::string bytes{"a\0b\nc", 5};
    CHECK(run([&] { return std::string{bytes}; }).value == bytes);
    std::string all;
    for (int byte = 0; byte < 256; ++byte)
        all += static_cast<char>(byte);
    for (const std::string end : {"", ".", "\n", " "}) {
        const std::string value = all + all + end;
        CHECK((run([&] { return std::string{value}; }).value == value));
    }
}

TEST_CASE("the work runs in a process of its own") {
    const seen result = run([caller = ::getpid()] {
        // In `run`, run_in_child is called by a child of this process.
        return std::string{::getppid() == caller ? "the caller" : "another"};
    });
    CHECK(result.value == "another");
}

TEST_CASE("what the work changes stays in its process") {
    const seen result = run([] {
        static int number = 0;
        const auto count = [] { return std::to_string(++number); };
        run_in_child(count);
        run_in_child(count);
        return std::to_string(number);
    });
    CHECK(result.value == "0");
}

TEST_CASE("what its caller has not yet printed is printed once") {
    const seen result = run([] {
        std::FILE* const file = std::tmpfile();
        std::fputs("once", file); // stays in a buffer, which the child has a copy of
        run_in_child([] { return std::string{"a value"}; });
        run_in_child([]() -> std::string { throw 42; });
        std::fflush(file);
        std::rewind(file);
        std::array<char, 20> printed{};
        const auto size = std::fread(printed.data(), 1, printed.size(), file);
        std::fclose(file);
        return std::string{printed.data(), size};
    });
    CHECK(result.value == "once");
}

TEST_CASE("an exit code comes back, and no value") {
    const seen result = run([]() -> std::string { ::_exit(3); });
    CHECK(result.how == "exited with 3");
    CHECK(result.value == std::nullopt);
}

TEST_CASE("work that ends its process with code 0 has returned nothing") {
    const seen result = run([]() -> std::string { ::_exit(0); });
    CHECK(result.how == "exited with 0");
    CHECK(result.value == std::nullopt);
}

TEST_CASE("a signal comes back, and no value") {
    const seen result = run([] {
        ::raise(SIGKILL);
        return std::string{"still here"};
    });
    CHECK(result.how == "killed by SIGKILL (Killed)");
    CHECK(result.value == std::nullopt);
}

TEST_CASE("an exception ends the child with code 1, and is no value") {
    const seen result = run([]() -> std::string { throw std::runtime_error{"no luck"}; });
    CHECK(result.how == "exited with 1");
    CHECK(result.value == std::nullopt);
}

TEST_CASE("whatever the work throws ends the child with code 1") {
    const seen result = run([]() -> std::string { throw 42; });
    CHECK(result.how == "exited with 1");
    CHECK(result.value == std::nullopt);
}

TEST_CASE("a value larger than a pipe comes back whole") {
    const std::string large(3'000'000, 'x');
    const seen result = run([&] { return std::string{large}; });
    CHECK(result.how == "exited with 0");
    REQUIRE(result.value.has_value());
    CHECK(result.value->size() == large.size());
    CHECK((*result.value == large));
}

TEST_CASE("no process and no descriptor is left behind") {
    const seen result = run([] {
        const auto before = ladder::leftovers::now();
        run_in_child([] { return std::string{"a value"}; });
        run_in_child([]() -> std::string { ::_exit(3); });
        run_in_child([]() -> std::string { throw std::runtime_error{"no luck"}; });
        return "left behind: " + ladder::leftovers::since(before);
    });
    CHECK(result.value == "left behind: ");
}

TEST_CASE("the end of another process is not taken for that of the work") {
    const seen result = run([] {
        child_process other = child_process::fork([] { return 7; });
        siginfo_t ended{}; // it has, and nobody has asked for its code
        ::waitid(P_PID, static_cast<id_t>(other.pid()), &ended, WEXITED | WNOWAIT);
        const child_result of_work = run_in_child([] { return std::string{"a value"}; });
        return describe(of_work.status) + ", the other " + describe(other.wait());
    });
    CHECK(result.value == "exited with 0, the other exited with 7");
}

TEST_CASE("a program that the work has left keeps nobody waiting") {
    const seen result = run([] {
        const child_result of_work = run_in_child([] {
            const pid_t program = ::fork();
            if (program == 0) {
                ::execl("/bin/sleep", "sleep", "8", nullptr);
                ::_exit(1);
            }
            return std::to_string(program);
        });
        return of_work.value.value_or("nothing");
    });
    CHECK(result.how == "exited with 0");
    REQUIRE(result.value.has_value());
    std::string name; // of it, or of this one before execl(3); nothing, when it has ended
    std::getline(std::ifstream{"/proc/" + *result.value + "/cmdline"} >> std::ws, name,
                 '\0');
    INFO("why: the program has the other end of a pipe that it inherits");
    CHECK(name != "");
    ::kill(std::stoi(*result.value), SIGKILL);
}
