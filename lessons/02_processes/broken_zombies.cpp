// Deliberately wrong: starts processes and never waits for them. They have ended, and
// stay.

#include "process_state.hpp"

#include <fmt/format.h>

#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace ladder::processes;

int main() {
    std::vector<pid_t> pids;
    for (int i = 0; i < 100; ++i) {
        const pid_t pid = ::fork();
        if (pid == 0) ::_exit(0);
        if (pid > 0) pids.push_back(pid);
    }

    for (const pid_t pid : pids) { // until it has ended, without taking it away
        siginfo_t ignored{};
        ::waitid(P_PID, static_cast<id_t>(pid), &ignored, WEXITED | WNOWAIT);
    }
    int zombies = 0;
    for (const pid_t pid : pids)
        zombies += state_of(pid) == "Z (zombie)" ? 1 : 0;
    fmt::print("{} of {} processes are zombies\n", zombies, pids.size());

    while (::wait(nullptr) > 0) { // only so that nothing stays behind
    }
}
