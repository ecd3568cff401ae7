#include "stopwatch.hpp"

#include "machine_limits.hpp"
#include "process_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace ladder {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using clock = std::chrono::steady_clock;

constexpr auto shortest_period = std::chrono::nanoseconds{1ms};
constexpr auto longest_period = std::chrono::nanoseconds{20ms};
constexpr int periods_per_run = 20; // a run of 100 ms is looked at every 5 ms
constexpr int pause_per_look = 19;  // 1 part looking, 19 parts not: 5 %

microseconds since_start_of_clock() {
    return std::chrono::duration_cast<microseconds>(clock::now().time_since_epoch());
}

std::chrono::nanoseconds cpu_of_this_thread() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

void add(usage& sum, const rusage& more) {
    for (const auto& time : {more.ru_utime, more.ru_stime})
        sum.cpu += std::chrono::seconds{time.tv_sec} + microseconds{time.tv_usec};
    sum.voluntary_switches += static_cast<std::uint64_t>(more.ru_nvcsw);
    sum.involuntary_switches += static_cast<std::uint64_t>(more.ru_nivcsw);
}

usage usage_so_far() {
    usage result{.wall = since_start_of_clock()};
    rusage part{};
    for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN})
        if (::getrusage(who, &part) == 0) add(result, part);
    return result;
}

// For as long as it lives, orphans in the tree below become children of this process.
class adoption {
public:
    adoption() {
        ::prctl(PR_GET_CHILD_SUBREAPER, &before_);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    }

    ~adoption() { ::prctl(PR_SET_CHILD_SUBREAPER, before_); }

    adoption(const adoption&) = delete;
    adoption& operator=(const adoption&) = delete;

private:
    int before_ = 0;
};

// The calling thread, and what it starts meanwhile, runs on one core.
class pinned {
public:
    explicit pinned(int cpu) {
        if (::sched_getaffinity(0, sizeof before_, &before_) != 0)
            throw std::system_error{errno, std::generic_category(), "measure: cpu"};
        pin_to_core(cpu);
    }

    ~pinned() { ::sched_setaffinity(0, sizeof before_, &before_); }

    pinned(const pinned&) = delete;
    pinned& operator=(const pinned&) = delete;

private:
    cpu_set_t before_{};
};

pid_t spawn(std::span<const std::string> argv, const measure_options& options) {
    if (argv.empty())
        throw std::system_error{EINVAL, std::generic_category(), "measure: no command"};
    std::vector<char*> words;
    for (const auto& word : argv)
        words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);

    std::vector<char*> environment;
    for (const auto& variable : options.environment)
        environment.push_back(const_cast<char*>(variable.c_str()));
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text{*variable};
        const auto name = text.substr(0, text.find('=') + 1);
        if (std::ranges::none_of(options.environment,
                                 [&](const auto& one) { return one.starts_with(name); }))
            environment.push_back(*variable);
    }
    environment.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    if (!options.stdout_to.empty())
        ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
                                           options.stdout_to.c_str(),
                                           O_WRONLY | O_CREAT | O_TRUNC, 0644);
    pid_t pid = -1;
    int error = 0;
    try {
        std::optional<pinned> here;
        if (options.cpu) here.emplace(*options.cpu);
        error = ::posix_spawnp(&pid, words[0], &actions, nullptr, words.data(),
                               environment.data());
    } catch (...) {
        ::posix_spawn_file_actions_destroy(&actions);
        throw;
    }
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        throw std::system_error{error, std::generic_category(), "measure: " + argv[0]};
    return pid;
}

// Ends the pause at once when the process ends.
void pause_until_end_of(pid_t pid, const timespec& pause) {
    const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    pollfd end{.fd = process, .events = POLLIN, .revents = 0};
    ::ppoll(&end, 1, &pause, nullptr);
    if (process >= 0) ::close(process);
}

std::string in_words(std::chrono::microseconds time) {
    const double seconds = std::chrono::duration<double>{time}.count();
    if (seconds < 1) return fmt::format("{:.1f} ms", seconds * 1e3);
    return fmt::format("{:.2f} s", seconds);
}

std::string count_of(std::size_t number, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", number, number == 1 ? one : many);
}

} // namespace

stopwatch::stopwatch() : start_(usage_so_far()) {}

usage stopwatch::elapsed() const {
    auto result = usage_so_far();
    result.wall -= start_.wall;
    result.cpu -= start_.cpu;
    result.voluntary_switches -= start_.voluntary_switches;
    result.involuntary_switches -= start_.involuntary_switches;
    return result;
}

measurement measure(std::span<const std::string> argv, const measure_options& options) {
    const adoption orphans_come_here;
    process_tree tree;
    measurement result;
    result.max_processes = result.max_threads = 1; // it may be gone before the first look
    const auto start = clock::now();
    const auto elapsed = [&] {
        return std::chrono::duration_cast<microseconds>(clock::now() - start);
    };
    const pid_t command = spawn(argv, options);
    bool running = true;

    const auto reap = [&](pid_t pid) {
        int status = 0;
        rusage cost{};
        const pid_t found = ::wait4(pid, &status, WNOHANG, &cost);
        // SIGCHLD is ignored, or another thread was quicker.
        if (found < 0 && pid == command)
            throw std::system_error{errno, std::generic_category(), "measure: wait4"};
        if (found != pid) return false;
        add(result, cost);
        if (pid != command) return true;
        running = false;
        result.command = elapsed();
        result.exit_status =
            WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        return true;
    };

    std::set<pid_t> outlived; // were seen at work after the command had ended
    for (bool orphans_counted = false;;) {
        const auto look_began = cpu_of_this_thread();
        const auto processes = tree.look();
        std::uint64_t memory = 0;
        std::size_t alive = 0, threads = 0;
        for (const auto& one : processes) {
            if (one.zombie) continue;
            memory += memory_of(one);
            threads += one.threads;
            ++alive;
            if (!running) outlived.insert(one.pid);
        }
        const auto look = cpu_of_this_thread() - look_began;
        result.peak_memory = std::max(result.peak_memory, memory);
        result.max_processes = std::max(result.max_processes, alive);
        result.max_threads = std::max(result.max_threads, threads);
        if (!running && !std::exchange(orphans_counted, true)) result.orphans = alive;
        if (!running && processes.empty()) break;

        const bool stopped = options.stop != nullptr && options.stop->load();
        if (stopped || elapsed() > options.timeout) {
            result.timed_out |= !stopped;
            for (const auto& one : processes)
                ::kill(one.pid, SIGKILL);
        }
        const std::chrono::nanoseconds so_far = elapsed();
        const auto period = std::max(
            std::clamp(so_far / periods_per_run, shortest_period, longest_period),
            std::min(look * pause_per_look, so_far));
        const timespec pause{.tv_sec = period / 1s, .tv_nsec = (period % 1s).count()};
        pid_t awaited = command;
        for (const auto& one : processes)
            if (!running && one.parent == ::getpid()) awaited = one.pid;
        pause_until_end_of(awaited, pause);

        if (running && reap(command)) result.wall = result.command;
        for (const auto& one : processes)
            if (one.pid != command && one.parent == ::getpid() && reap(one.pid) &&
                outlived.contains(one.pid))
                result.wall = elapsed();
    }
    return result;
}

std::string format(const usage& cost) {
    return fmt::format("{}, {} of CPU, {} + {} switches", in_words(cost.wall),
                       in_words(cost.cpu), cost.voluntary_switches,
                       cost.involuntary_switches);
}

std::string format(const measurement& cost) {
    auto text = fmt::format("{}, {} of CPU, {:.1f} MB, {}, {}, {} + {} switches",
                            in_words(cost.wall), in_words(cost.cpu),
                            static_cast<double>(cost.peak_memory) / 1e6,
                            count_of(cost.max_processes, "process", "processes"),
                            count_of(cost.max_threads, "thread", "threads"),
                            cost.voluntary_switches, cost.involuntary_switches);
    if (cost.orphans > 0)
        text += fmt::format(", command ended after {} and left {} behind",
                            in_words(cost.command),
                            count_of(cost.orphans, "process", "processes"));
    if (cost.timed_out) text += ", killed by the time limit";
    if (cost.exit_status != 0) text += fmt::format(", exit status {}", cost.exit_status);
    return text;
}

} // namespace ladder
