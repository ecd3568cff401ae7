// Ends a test that hangs, and says who waits for what, and where.

#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

#include <execinfo.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::string running; // the name of the test case that runs
sem_t stack_written; // by the thread that was asked for its stack

const int give_stack = SIGRTMIN + 4;

unsigned limit_in_seconds() {
    const char* limit = std::getenv("LADDER_WATCHDOG");
    const int seconds = limit != nullptr ? std::atoi(limit) : 0;
    return seconds > 0 ? static_cast<unsigned>(seconds) : 100;
}

std::string first_line(const std::filesystem::path& path) {
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    return line;
}

void write_stack(int) {
    std::array<void*, 64> frames{};
    const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    ::backtrace_symbols_fd(frames.data(), count, STDERR_FILENO);
    ::sem_post(&stack_written);
}

void wait_for_stack() {
    timespec end{};
    ::clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 2;
    while (::sem_timedwait(&stack_written, &end) != 0 && errno == EINTR) {
    }
}

char state(const std::filesystem::path& task) { // R: it runs
    const std::string stat = first_line(task / "stat");
    const auto name_end = stat.rfind(')');
    return name_end + 2 < stat.size() ? stat[name_end + 2] : '?';
}

/// How long the threads of this process ran, or would have: on a busy machine a loop gets
/// only a part of a core (sched-stats, "schedstat" in the kernel's documentation).
double seconds_ready() {
    double nanoseconds = 0;
    for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"}) {
        std::ifstream file{task.path() / "schedstat"};
        double on_a_core = 0, in_the_queue = 0;
        if (file >> on_a_core >> in_the_queue) nanoseconds += on_a_core + in_the_queue;
    }
    return nanoseconds / 1e9;
}

// Formats and reads files, which a signal handler must not do in a program that goes on;
// this one ends here, and a hang is worth the risk.
void say_who_waits(int) {
    namespace fs = std::filesystem;
    fmt::print(stderr, "\nHANG  {} · no end after {} s, {:.1f} s of them on a core\n",
               running, limit_in_seconds(), seconds_ready());
    for (const auto& task : fs::directory_iterator{"/proc/self/task"}) {
        const std::string id = task.path().filename();
        const bool this_one = id == std::to_string(::gettid());
        const bool runs = !this_one && state(task) == 'R';
        fmt::print(stderr, "  thread {} ({}) {}\n", id, first_line(task.path() / "comm"),
                   runs ? "runs" : "waits in " + first_line(task.path() / "wchan"));
        if (this_one) {
            write_stack(0);
        } else if (::syscall(SYS_tgkill, ::getpid(), std::stoi(id), give_stack) == 0) {
            wait_for_stack();
        }
        std::ifstream children{task.path() / "children"};
        for (pid_t child = 0; children >> child;)
            fmt::print(stderr, "  process {} waits in {}\n", child,
                       first_line(fmt::format("/proc/{}/wchan", child)));
    }
    std::_Exit(124);
}

class watchdog : public Catch::EventListenerBase {
public:
    using EventListenerBase::EventListenerBase;

    void testRunStarting(const Catch::TestRunInfo&) override {
        std::array<void*, 1> frame{};
        ::backtrace(frame.data(), 1); // loads what it needs, which a handler cannot
        ::sem_init(&stack_written, 0, 0);
        std::signal(give_stack, write_stack);
    }

    void testCaseStarting(const Catch::TestCaseInfo& info) override {
        running = info.name;
        std::signal(SIGALRM, say_who_waits);
        ::alarm(limit_in_seconds());
    }

    void testCaseEnded(const Catch::TestCaseStats&) override { ::alarm(0); }
};

CATCH_REGISTER_LISTENER(watchdog)

} // namespace
