#include "in_child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ladder {

namespace {

/// What the threads of a process have done: changes as long as one of them moves. Empty
/// when one of them runs, or wants to.
std::string how_far(pid_t pid, int& threads) {
    std::string result;
    threads = 0;
    std::error_code gone;
    const auto tasks = "/proc/" + std::to_string(pid) + "/task";
    for (std::filesystem::directory_iterator task{tasks, gone}, end; !gone && task != end;
         task.increment(gone)) {
        ++threads;
        std::ifstream file{task->path() / "status"};
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("State:") && !line.starts_with("State:\tS")) return {};
            if (line.find("voluntary_ctxt_switches:") != line.npos) result += line;
        }
    }
    return result;
}

/// The processor time that a process has used, in seconds: fields 14 and 15 of
/// proc_pid_stat(5).
double used(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string field;
    std::getline(file, field, ')');
    for (int i = 3; i < 14; ++i)
        file >> field;
    long user = 0, system = 0;
    file >> user >> system;
    return static_cast<double>(user + system) /
           static_cast<double>(::sysconf(_SC_CLK_TCK));
}

} // namespace

std::string in_child(std::string (*work)()) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), 0) != 0)
        throw std::system_error{errno, std::generic_category(), "pipe"};
    const pid_t pid = ::fork();
    if (pid < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(ends[0]);
        ::signal(SIGALRM, SIG_DFL); // the watchdog is the parent's
        for (const int fatal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL})
            ::signal(fatal, SIG_DFL); // and so are Catch2's reports
        const std::string said = work();
        const auto written = ::write(ends[1], said.data(), said.size());
        ::_exit(written == static_cast<ssize_t>(said.size()) ? 0 : 1);
    }
    ::close(ends[1]);

    std::string said, seen, why;
    int quiet = 0;
    pollfd from{.fd = ends[0], .events = POLLIN, .revents = 0};
    for (int looks = 0; why.empty();) {
        if (::poll(&from, 1, 10) > 0) {
            std::array<char, 4096> buffer{};
            const auto size = ::read(ends[0], buffer.data(), buffer.size());
            if (size == 0) break;
            if (size > 0) said.append(buffer.data(), static_cast<std::size_t>(size));
            continue;
        }
        int threads = 0;
        const auto now = how_far(pid, threads);
        quiet = !now.empty() && now == seen ? quiet + 1 : 0;
        seen = now;
        if (quiet >= 100)
            why = "nobody moves: " + std::to_string(threads) + " threads wait for ever";
        else if (used(pid) >= 5)
            why = "no end after 5 s of a processor's time";
        else if (++looks >= 4'000)
            why = "no end after 40 s";
    }
    ::close(ends[0]);
    if (!why.empty()) ::kill(pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!why.empty()) return why;
    if (WIFSIGNALED(status))
        return std::string{"ended by "} + ::strsignal(WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return said + " (exit status " + std::to_string(WEXITSTATUS(status)) + ")";
    return said;
}

} // namespace ladder
