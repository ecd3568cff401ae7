// How a process can end, what wait says, and what becomes of a child that nobody waits
// for, or whose parent dies.

#include "child_process.hpp"
#include "pipe.hpp"
#include "process_state.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <stdexcept>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ladder::processes {

using namespace std::string_literals;

int show_status() {
    const auto show = [](const char* what, child_process child) {
        fmt::print("{:<34} {}\n", what, describe(child.wait()));
    };
    show("return 3", child_process::fork([] { return 3; }));
    show("return 259 (that has nine bits)", child_process::fork([] { return 259; }));
    show("throw", child_process::fork([]() -> int { throw std::runtime_error{"oh"}; }));
    show("raise(SIGUSR1)", child_process::fork([] { return ::raise(SIGUSR1); }));
    child_process waits =
        child_process::fork([] { return ::pause(); }, {.die_with_parent = true});
    waits.kill(SIGTERM);
    show("pause(), and kill from here", std::move(waits));
    show("spawn sh -c 'exit 7'",
         child_process::spawn(std::array{"sh"s, "-c"s, "exit 7"s}));
    show("spawn sh -c 'kill -9 $$'",
         child_process::spawn(std::array{"sh"s, "-c"s, "kill -9 $$"s}));
    try {
        child_process::spawn(std::array{"no-such-program"s});
    } catch (const std::system_error& error) {
        fmt::print("{:<34} throws: {}\n", "spawn no-such-program", error.what());
    }
    return 0;
}

int show_zombie() {
    child_process child = child_process::fork([] { return 3; });

    siginfo_t ignored{}; // WNOWAIT: blocks until the child has ended, but leaves it there
    ::waitid(P_PID, static_cast<id_t>(child.pid()), &ignored, WEXITED | WNOWAIT);
    fmt::print("ended, not waited for:  {}\n", state_of(child.pid()));

    child.kill(SIGKILL);
    fmt::print("after kill -9:          {}\n", state_of(child.pid()));

    const exit_status status = child.wait();
    fmt::print("after wait:             {}; it {}\n", state_of(child.pid()),
               describe(status));
    return 0;
}

namespace {

void say(const std::string& line) {
    fmt::print("  {}\n", line);
    std::fflush(stdout);
}

exit_status wait_for_adopted(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            throw std::system_error{errno, std::generic_category(), "waitpid"};
    return exit_status::from_wait(status);
}

/// A child that has a child; the one in the middle is killed.
void kill_the_middle_one(fork_options options) {
    pipe_ends ready = make_pipe();
    pipe_ends question = make_pipe();

    const auto grandchild = [&] {
        question.write.reset(); // so that it ends with us
        const pid_t self = ::getpid();
        say(fmt::format("grandchild {}: my parent is {}", self, ::getppid()));
        write_all(ready.write.get(), fmt::format("{}\n", self));
        ready.write.reset();
        read_all(question.read.get());
        say(fmt::format("grandchild {}: my parent is {}", self, ::getppid()));
        return 0;
    };
    child_process middle = child_process::fork([&] {
        child_process child = child_process::fork(grandchild, options);
        ready.write.reset();
        return child.wait().code();
    });
    ready.write.reset();
    const pid_t adopted = std::stoi(read_all(ready.read.get()));

    middle.kill(SIGKILL); // no destructor runs there
    say(fmt::format("middle {}: {}", middle.pid(), describe(middle.wait())));
    question.write.reset();
    say(fmt::format("grandchild {}: {}", adopted, describe(wait_for_adopted(adopted))));
}

} // namespace

/// What becomes of a process whose parent dies: adopted at first, and ended in the second
/// try. Meanwhile this process adopts all orphans that descend from it
/// (PR_SET_CHILD_SUBREAPER in prctl(2)); otherwise process 1 would.
int show_orphans() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    fmt::print("This is process {}; it adopts orphans.\n\nAn orphan lives on:\n",
               ::getpid());
    kill_the_middle_one({});
    fmt::print("\nWith die_with_parent it does not:\n");
    kill_the_middle_one({.die_with_parent = true});
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    return 0;
}

} // namespace ladder::processes
