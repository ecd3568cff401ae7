// What is timed: the launch or the work, and of which processes.

#include "demo.hpp"
#include "stopwatch.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace ladder {

namespace {

constexpr std::chrono::milliseconds page_time{500}; // what a slow page takes
constexpr std::size_t workers = 4;

/// Starts a process that waits as long as it would for a slow page.
pid_t start_worker() {
    const pid_t pid = ::fork();
    if (pid < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (pid > 0) return pid;
    std::this_thread::sleep_for(page_time);
    ::_exit(0);
}

} // namespace

int show_timing() {
    // [timing]
    const ladder::stopwatch watch;
    std::array<pid_t, workers> pids{};
    for (pid_t& pid : pids)
        pid = start_worker();
    const double launch = seconds(watch.elapsed().wall); // the clock is stopped here ...

    for (const pid_t pid : pids)
        ::waitpid(pid, nullptr, 0);
    const double work = seconds(watch.elapsed().wall); // ... and should be stopped here
    // [/timing]

    fmt::print("{} processes, each waits {:.2f} s for a page\n\n", workers,
               seconds(page_time));
    fmt::print("stopped after the launch      {:.2f} s\n", launch);
    fmt::print("stopped after the last join   {:.2f} s\n", work);
    return 0;
}

/// What a program costs, with all the processes that it starts or leaves behind.
int show_measure(arguments command) {
    std::vector<std::string> argv{command.begin(), command.end()};
    if (argv.empty()) argv = {LADDER_BIN_DIR "/00_workbench_broken_timing"};
    const auto cost = measure(argv);
    fmt::print("\nthe command ended after      {:.2f} s\n", seconds(cost.command));
    fmt::print("its last process ended after {:.2f} s\n", seconds(cost.wall));
    fmt::print("processes left behind        {}\n", cost.orphans);
    fmt::print("CPU, of all of them          {:.2f} s\n", seconds(cost.cpu));
    return cost.exit_status;
}

} // namespace ladder
