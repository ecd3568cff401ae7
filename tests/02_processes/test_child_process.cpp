// A child process: how it ends, and that nothing of it stays.

#include "leftovers.hpp"
#include "processes/child_process.hpp"
#include "processes/pipe.hpp"
#include "processes/process_state.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace ladder;
using namespace ladder::processes;
using namespace std::string_literals;

namespace {

int block() {
    return ::pause();
}

/// Returns when the child has ended, and leaves it to be waited for.
void until_it_has_ended(const child_process& child) {
    siginfo_t ignored{};
    ::waitid(P_PID, static_cast<id_t>(child.pid()), &ignored, WEXITED | WNOWAIT);
}

/// What `body` writes to standard output, in a process of its own.
std::string output_of(const std::function<int()>& body) {
    pipe_ends pipe = make_pipe();
    child_process child = child_process::fork([&] {
        ::dup2(pipe.write.get(), STDOUT_FILENO);
        return body();
    });
    pipe.write.reset();
    std::string output = read_all(pipe.read.get());
    CHECK(describe(child.wait()) == "exited with 0");
    return output;
}

} // namespace

TEST_CASE("what the body returns is the exit code") {
    for (const int code : {0, 3, 255}) {
        const exit_status status = child_process::fork([&] { return code; }).wait();
        CHECK(status.exited());
        CHECK_FALSE(status.signalled());
        CHECK(status.code() == code);
        CHECK(status.success() == (code == 0));
    }
}

TEST_CASE("of a larger code the lowest 8 bits come back") {
    CHECK(child_process::fork([] { return 259; }).wait().code() == 3);
}

TEST_CASE("a signal that ends the child is told apart from a code") {
    const exit_status status =
        child_process::fork([] { return ::raise(SIGKILL); }).wait();
    CHECK_FALSE(status.exited());
    CHECK(status.signalled());
    CHECK(status.signal() == SIGKILL);
    CHECK_FALSE(status.success());
    CHECK(status != child_process::fork([] { return SIGKILL; }).wait());
}

TEST_CASE("a status is described in words") {
    CHECK(describe(exit_status::from_wait(3 << 8)) == "exited with 3");
    CHECK(describe(exit_status::from_wait(SIGKILL)) == "killed by SIGKILL (Killed)");
    CHECK(describe(exit_status::from_wait(SIGRTMIN)) ==
          "killed by signal " + std::to_string(SIGRTMIN));
}

TEST_CASE("a core that was dumped is the same end") {
    CHECK(exit_status::from_wait(SIGABRT | 0x80) == exit_status::from_wait(SIGABRT));
}

TEST_CASE("an exception is code 1 and a line on standard error") {
    pipe_ends pipe = make_pipe();
    child_process child = child_process::fork([&]() -> int {
        ::dup2(pipe.write.get(), STDERR_FILENO);
        throw std::runtime_error{"no luck"};
    });
    pipe.write.reset();
    CHECK(read_all(pipe.read.get()) ==
          "child process " + std::to_string(child.pid()) + ": no luck\n");
    CHECK(describe(child.wait()) == "exited with 1");
}

TEST_CASE("the child never returns into the caller, and destroys nothing of it") {
    struct tell {
        int fd;
        pid_t owner = ::getpid();

        ~tell() {
            if (::getpid() != owner) write_all(fd, "destroyed");
        }
    };

    pipe_ends pipe = make_pipe();
    const pid_t self = ::getpid();
    {
        const tell object{pipe.write.get()};
        child_process child = child_process::fork([] { return 0; });
        if (::getpid() != self) write_all(pipe.write.get(), "returned");
        child.wait();
    }
    pipe.write.reset();
    CHECK(read_all(pipe.read.get()) == "");
}

TEST_CASE("what the child changes stays in the child") {
    int number = 0;
    const auto status = child_process::fork([&] { return ++number; }).wait();
    CHECK(status.code() == 1);
    CHECK(number == 0);
}

TEST_CASE("what is buffered comes out once, and that of the child too") {
    CHECK(output_of([] {
              std::printf("before, ");
              child_process child = child_process::fork([] {
                  std::printf("child, ");
                  return 0;
              });
              child.wait();
              std::printf("after");
              return 0;
          }) == "before, child, after");
}

TEST_CASE("wait can be asked again, and gives the same answer") {
    child_process child = child_process::fork([] { return 4; });
    const exit_status status = child.wait();
    CHECK(child.wait() == status);
    CHECK(child.try_wait() == status);
}

TEST_CASE("try_wait does not block, and tells the end once it has come") {
    child_process child = child_process::spawn(std::array{"sleep"s, "100"s});
    CHECK_FALSE(child.try_wait().has_value());
    child.kill();
    until_it_has_ended(child);
    REQUIRE(child.try_wait().has_value());
    CHECK(child.try_wait()->signal() == SIGTERM);
}

TEST_CASE("signals do not interrupt wait") {
    struct sigaction old_action {};
    struct sigaction action {};
    action.sa_handler = [](int) {}; // and no SA_RESTART: waitpid fails with EINTR
    ::sigaction(SIGUSR1, &action, &old_action);
    child_process child = child_process::fork([parent = ::getpid()] {
        for (int i = 0; i < 100; ++i)
            ::kill(parent, SIGUSR1);
        return 5;
    });
    CHECK(child.wait().code() == 5);
    ::sigaction(SIGUSR1, &old_action, nullptr);
}

TEST_CASE("a child that was waited for gets no signal any more") {
    child_process child = child_process::fork([] { return 0; });
    child.wait();
    child.kill(SIGKILL); // the number may be that of a stranger; nothing to see here
    CHECK(child.wait().code() == 0);
}

TEST_CASE("somebody else waited for it: wait says so") {
    child_process child = child_process::fork([] { return 0; });
    ::waitpid(child.pid(), nullptr, 0);
    CHECK_THROWS_AS(child.wait(), std::system_error);
}

TEST_CASE("a child that nobody waits for is a zombie, and wait removes it") {
    child_process child = child_process::fork([] { return 0; });
    until_it_has_ended(child);
    CHECK(state_of(child.pid()) == "Z (zombie)");
    child.wait();
    CHECK(state_of(child.pid()) == "gone");
}

TEST_CASE("the destructor leaves neither process nor zombie") {
    const auto before = leftovers::now();
    pid_t running = -1, ended = -1;
    {
        const child_process one = child_process::fork(block);
        const child_process two = child_process::fork([] { return 0; });
        until_it_has_ended(two);
        running = one.pid();
        ended = two.pid();
    }
    CHECK(state_of(running) == "gone");
    CHECK(state_of(ended) == "gone");
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("an owner that was moved from owns nothing") {
    child_process child = child_process::fork(block);
    const pid_t pid = child.pid();
    child_process owner = std::move(child);
    CHECK(child.pid() == -1); // NOLINT(bugprone-use-after-move)
    child.kill(SIGKILL);      // nobody: -1 would be everybody
    CHECK(owner.pid() == pid);
    CHECK_FALSE(owner.try_wait().has_value());
}

TEST_CASE("moving onto an owner ends the child that it had") {
    child_process child = child_process::fork(block);
    const pid_t first = child.pid();
    child = child_process::fork([] { return 6; });
    CHECK(state_of(first) == "gone");
    CHECK(child.wait().code() == 6);
}

TEST_CASE("another thread may wait") {
    child_process child = child_process::fork([] { return 7; });
    int code = 0;
    std::thread{[&] { code = child.wait().code(); }}.join();
    CHECK(code == 7);
}

TEST_CASE("spawn runs another program, found in PATH, with its arguments") {
    CHECK(child_process::spawn(std::array{"sh"s, "-c"s, "exit 9"s}).wait().code() == 9);
    CHECK(child_process::spawn(std::array{"sh"s, "-c"s, "kill -15 $$"s}).wait() ==
          exit_status::from_wait(SIGTERM));
}

TEST_CASE("a program that cannot be started is an exception that names it") {
    try {
        child_process::spawn(std::array{"no-such-program"s});
        FAIL("it was started");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::no_such_file_or_directory);
        CHECK(std::string{error.what()}.starts_with("no-such-program"));
    }
    CHECK_THROWS_AS(child_process::spawn({}), std::system_error);
}

TEST_CASE("a program leads a group, or a session, of its own when it should") {
    const std::array sleep{"sleep"s, "100"s};
    const child_process as_we = child_process::spawn(sleep);
    const child_process leads_group = child_process::spawn(sleep, {.own_group = true});
    const child_process leads_session =
        child_process::spawn(sleep, {.own_session = true});
    CHECK(::getpgid(as_we.pid()) == ::getpgrp());
    CHECK(::getpgid(leads_group.pid()) == leads_group.pid());
    CHECK(::getsid(leads_group.pid()) == ::getsid(0));
    CHECK(::getsid(leads_session.pid()) == leads_session.pid());
    CHECK(::getpgid(leads_session.pid()) == leads_session.pid());
}

TEST_CASE("a spawned program finds its descriptors, and no others") {
    pipe_ends in = make_pipe(), out = make_pipe();
    child_process child = child_process::spawn(
        std::array{"sh"s, "-c"s, "cat; echo error >&2; ls /proc/self/fd | wc -l"s},
        {.input = in.read.get(), .output = out.write.get(), .error = out.write.get()});
    out.write.reset();
    write_all(in.write.get(), "to cat\n");
    in.write.reset(); // cat has no copy of it, or it would never end
    // 0, 1, 2 and that of `ls` itself, when the test was started with no others
    CHECK(read_all(out.read.get()).starts_with("to cat\nerror\n"));
    CHECK(describe(child.wait()) == "exited with 0");
}

TEST_CASE("a spawned program finds our descriptors under the numbers it is promised") {
    pipe_ends in = make_pipe(), out = make_pipe();
    child_process child =
        child_process::spawn(std::array{"sh"s, "-c"s, "cat <&8 >&9"s},
                             {.descriptors = {{8, in.read.get()}, {9, out.write.get()}}});
    out.write.reset();
    write_all(in.write.get(), "to cat\n");
    in.write.reset(); // cat has no copy of it, or it would never end
    CHECK(read_all(out.read.get()) == "to cat\n");
    CHECK(describe(child.wait()) == "exited with 0");
}

TEST_CASE("our number may be one under which the program finds another descriptor") {
    pipe_ends a = make_pipe(), b = make_pipe();
    const int one = a.write.get(), two = b.write.get(), same = a.read.get();
    const auto fd = [](int number) { return "/proc/self/fd/" + std::to_string(number); };
    child_process child =
        child_process::spawn(std::array{"sh"s, "-c"s,
                                        "echo to a >" + fd(two) + " && echo to b >" +
                                            fd(one) + " && test -e " + fd(same)},
                             {.descriptors = {{one, two}, {two, one}, {same, same}}});
    a.write.reset();
    b.write.reset();
    CHECK(read_all(a.read.get()) == "to a\n");
    CHECK(read_all(b.read.get()) == "to b\n");
    CHECK(describe(child.wait()) == "exited with 0");
}

TEST_CASE("a descriptor that is not open cannot be passed on") {
    const int closed = [] { return make_pipe().read.get(); }();
    try {
        child_process::spawn(std::array{"true"s}, {.descriptors = {{8, closed}}});
        FAIL("it was started");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::bad_file_descriptor);
    }
}

TEST_CASE("a spawned program finds signals blocked, and those of this thread too") {
    sigset_t ours, before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &ours, &before);
    pipe_ends out = make_pipe();
    child_process child =
        child_process::spawn(std::array{"grep"s, "SigBlk"s, "/proc/self/status"s},
                             {.output = out.write.get(), .blocked = {SIGINT, SIGTERM}});
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    out.write.reset();
    const std::string line = read_all(out.read.get());
    const unsigned long long mask =
        std::stoull(line.substr(line.find(':') + 1), nullptr, 16);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1})
        CHECK((mask >> (signal - 1) & 1) == 1);
    CHECK((mask >> (SIGHUP - 1) & 1) == 0);
    CHECK(child.wait().success());
}

TEST_CASE("a child dies with its parent where that is asked for") {
    pipe_ends pipe = make_pipe();
    child_process middle = child_process::fork([&] {
        child_process child = child_process::fork(
            [&] {
                write_all(pipe.write.get(), "ready");
                return block();
            },
            {.die_with_parent = true});
        pipe.write.reset();
        return child.wait().code();
    });
    pipe.write.reset();
    std::array<char, 5> ready{};
    CHECK(::read(pipe.read.get(), ready.data(), ready.size()) == 5);
    middle.kill(SIGKILL);
    middle.wait();
    CHECK(read_all(pipe.read.get()) == ""); // the last one that could write is gone
}
