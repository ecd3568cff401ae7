#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ladder {

/// As a number, for people.
constexpr double seconds(std::chrono::duration<double> time) {
    return time.count();
}

/// What some work cost.
struct usage {
    std::chrono::microseconds wall{};
    std::chrono::microseconds cpu{};        ///< User and system, of all cores together.
    std::uint64_t voluntary_switches = 0;   ///< It had to wait and gave the core away.
    std::uint64_t involuntary_switches = 0; ///< The core was taken away from it.
};

/// Measures a stretch of this process from its construction on: all its threads, and
/// those of its child processes that were waited for meanwhile. A child that still runs,
/// or that nobody waited for, counts nothing. Any thread may ask. getrusage(2).
class stopwatch {
public:
    stopwatch();
    usage elapsed() const;

private:
    usage start_; // `wall` is a point in time here
};

/// What a whole program run cost.
struct measurement : usage {
    /// From the start to the end of the command itself. `wall` ends with the last process
    /// that it left behind: a program that only launches its work and stops the clock
    /// there has a short `command` and a long `wall`.
    std::chrono::microseconds command{};
    /// Bytes: the largest sum over all processes at one moment, each page that n
    /// processes share counted as 1/n in each (PSS in proc_pid_smaps(5)).
    std::uint64_t peak_memory = 0;
    std::size_t max_processes = 0; ///< At one moment.
    std::size_t max_threads = 0;   ///< At one moment, of all processes together.
    std::size_t orphans = 0;       ///< Processes that still ran when the command ended.
    int exit_status = 0;           ///< As a shell has it: 128 + n when signal n ended it.
    bool timed_out = false;
};

struct measure_options {
    std::string stdout_to = {}; ///< A file, truncated; inherited when empty.
    std::vector<std::string> environment = {}; ///< "NAME=value", on top of the caller's.
    std::optional<int> cpu = {};               ///< Run the whole tree on this core only.
    /// For the whole tree. What still runs then is killed.
    std::chrono::milliseconds timeout = std::chrono::minutes{10};
    /// The same, as soon as this is true, e.g. by a signal handler; not owned.
    const std::atomic<bool>* stop = nullptr;
};

/// Runs a command (`argv[0]` is looked up in PATH) and measures it and all processes that
/// descend from it, until the last of them has ended.
///
/// - CPU and switches are exact for all processes that were waited for: by their parents,
///   or here when the parent was gone (this process adopts them: `PR_SET_CHILD_SUBREAPER`
///   in prctl(2)). Those whose parent ignores SIGCHLD are lost, which the kernel decides.
/// - Memory, processes and threads are sampled: at the start, every millisecond at first
///   and every 20 ms in the end; less often where looking would take more than about 5 %
///   of one core, but at 1, 2, 4, 8 … ms in any case. A peak between two looks is missed.
/// - `wall` and `command` may be late by the time of one look.
///
/// The kernel's own peak (`ru_maxrss`) is no help: it counts shared pages in full, for
/// the largest process only, and starts with the size of the caller.
///
/// While it runs, the rest of this process must start no other processes, and may reap
/// only by pid. One call at a time. Throws `std::system_error` when the command cannot be
/// started.
measurement measure(std::span<const std::string> argv, const measure_options& = {});

/// One line for people, e.g.
/// "1.03 s, 0.05 s of CPU, 12.3 MB, 5 processes, 5 threads, 120 + 4 switches".
std::string format(const measurement&);
/// The same without what a stopwatch cannot know.
std::string format(const usage&);

} // namespace ladder
