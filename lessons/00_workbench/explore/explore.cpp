#include "explore.hpp"

#include "scheduler.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>

#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ladder {

namespace {

using exploring::result;
using exploring::scheduler;
using std::chrono::steady_clock;

constexpr int every_preemption = explore_report::all;

/// Memory that a forked process shares.
struct unmap {
    void operator()(result* r) const { ::munmap(r, sizeof *r); }
};

std::unique_ptr<result, unmap> shared_result() {
    void* const memory = ::mmap(nullptr, sizeof(result), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        throw std::system_error{errno, std::generic_category(), "mmap"};
    std::unique_ptr<result, unmap> r{static_cast<result*>(memory)};
    r->complete = -1;
    return r;
}

extern "C" char __executable_start; // of the linker: where the program is in memory

/// An order as a text: "7:1,12:2/1a2b,1c3d". At the choice 7 the one after the usual one,
/// at 12 the second after it; then the places that are points because they race; and '!'
/// when unlocks are.
std::string encoded(const result& r) {
    std::string text;
    for (std::uint32_t i = 0; i < r.choices_count; ++i)
        if (r.choices[i] != 0)
            text += fmt::format("{}{}:{}", text.empty() ? "" : ",", i, r.choices[i]);
    const auto base = reinterpret_cast<std::uintptr_t>(&__executable_start);
    for (std::uint32_t i = 0; i < r.racy_count; ++i)
        text += fmt::format("{}{:x}", i == 0 ? "/" : ",", r.racy[i] - base);
    if (r.unlocks_are_points) text += "!";
    return text.empty() ? "0:0" : text;
}

/// The choices; the places are told to the scheduler.
std::string decoded(const std::string& text, scheduler& s) {
    std::string choices;
    const char* at = text.c_str();
    for (char* end = nullptr; *at != 0 && *at != '/' && *at != '!';
         at = *end == ',' ? end + 1 : end) {
        const auto index = std::strtoul(at, &end, 10);
        if (*end != ':' || index >= exploring::max_steps)
            throw std::invalid_argument{"no order to replay: " + text};
        choices.resize(index + 1);
        choices[index] = static_cast<char>(std::strtoul(end + 1, &end, 10));
    }
    const auto base = reinterpret_cast<std::uintptr_t>(&__executable_start);
    for (char* end = nullptr; *at == '/' || *at == ','; at = end)
        s.make_point(base + std::strtoul(at + 1, &end, 16));
    s.out().unlocks_are_points = *at == '!';
    return choices;
}

/// Comes back when no order has failed.
void search(const explore_options& o, const std::function<void()>& body, result& r,
            bool in_this_process = false) {
    scheduler s{r};
    exploring::the_scheduler = &s;
    s.ends_asleep = o.ends_asleep;
    std::vector<std::string> now{std::string{}}, next, none;
    const auto end = steady_clock::now() +
                     std::chrono::microseconds{static_cast<long>(o.seconds * 1e6)};
    const auto again = [&] { // the two places of a race are points, from the beginning
        now = {std::string{}};
        next.clear();
        s.begin_anew();
        r.complete = -1;
        r.orders = 0;
        r.outcomes = {};
    };
    if (!o.replay.empty()) {
        const std::string choices = decoded(o.replay, s);
        r.orders = 1;
        s.replays = in_this_process;
        s.run(body, choices, none, none);
        return s.fail_for_race();
    }
    for (std::size_t i = 0; i < o.random && steady_clock::now() < end; ++i) {
        s.be_random(o.seed + i + 1, o.preemptions);
        s.run(body, "", none, none);
        ++r.orders;
        s.found_points();
    }
    for (int bound = 0; bound <= o.preemptions && o.random == 0;) {
        bool in_time = true;
        while (!now.empty() && (in_time = steady_clock::now() < end)) {
            const std::string order = std::move(now.back());
            now.pop_back();
            ++r.orders;
            s.run(body, order, now, next);
            if (s.found_points()) {
                again();
                bound = 0;
            }
        }
        if (!in_time) break;
        r.complete = bound++;
        now.swap(next);
        next.clear();
        if (now.empty()) {
            r.complete = every_preemption;
            break;
        }
    }
    s.fail_for_race();
}

void become_child() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::mallopt(M_ARENA_MAX, 1); // as one thread runs at a time
    for (const int fatal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGALRM})
        ::signal(fatal, SIG_DFL); // handlers are the parent's
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(std::max(0, ::sched_getcpu())), &one);
    ::sched_setaffinity(0, sizeof one, &one); // one thread runs at a time
}

/// How it ended, or -1 when it did not move for five seconds and was killed.
int wait_for(pid_t child, const result& r) {
    int status = 0, quiet = 0;
    for (auto seen = r.steps_count; quiet < 5'000; ++quiet) {
        const pid_t ended = ::waitpid(child, &status, WNOHANG);
        if (ended == child) return status;
        if (std::exchange(seen, r.steps_count) != r.steps_count) quiet = 0;
        const timespec a_millisecond{.tv_sec = 0,
                                     .tv_nsec = quiet < 20 ? 100'000 : 1'000'000};
        ::nanosleep(&a_millisecond, nullptr);
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return -1;
}

} // namespace

explore_report explore(const explore_options& options,
                       const std::function<void()>& body) {
    const auto r = shared_result();
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (child == 0) {
        become_child();
        search(options, body, *r);
        r->ended = true;
        ::_exit(0);
    }
    const int status = wait_for(child, *r);
    explore_report report{.orders = r->orders,
                          .preemptions = r->complete,
                          .failure = {},
                          .order = {},
                          .drawing = {},
                          .outcomes = {}};
    if (r->failure[0] != 0)
        report.failure = r->failure.data();
    else if (status == -1)
        report.failure = "a thread waits in the kernel, where nobody sees for what";
    else if (WIFSIGNALED(status))
        report.failure =
            fmt::format("the program is ended by {} ({})",
                        ::sigabbrev_np(WTERMSIG(status)), ::strsignal(WTERMSIG(status)));
    else if (!r->ended)
        report.failure =
            fmt::format("the program ends itself, status {}", WEXITSTATUS(status));
    for (const auto& [what, count] : r->outcomes)
        if (count > 0) report.outcomes.emplace_back(what.data(), count);
    if (report.failure.empty()) return report;
    report.order = encoded(*r);
    report.drawing = exploring::draw(*r);
    if (std::getenv("LADDER_REPLAY") != nullptr) {
        explore_options once = options;
        once.replay = report.order;
        search(once, body, *shared_result(), true); // does not come back
    }
    return report;
}

void require(bool so, std::string_view otherwise) {
    if (so || exploring::self == nullptr) return;
    const exploring::inside here;
    exploring::the_scheduler->fail(&here.me(), otherwise);
}

void outcome(std::string_view what) {
    if (exploring::self == nullptr) return;
    const exploring::inside here;
    for (auto& [text, orders] : exploring::the_scheduler->out().outcomes) {
        if (orders == 0) what.copy(text.data(), text.size() - 1);
        if (orders > 0 && what.substr(0, text.size() - 1) != text.data()) continue;
        ++orders;
        return;
    }
}

std::string explore_report::text() const {
    const auto number = [&] {
        std::string digits = std::to_string(orders);
        for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
            digits.insert(static_cast<std::size_t>(at), ",");
        return digits + (orders == 1 ? " order" : " orders");
    };
    if (!holds()) return fmt::format("order {}: {}\n{}", orders, failure, drawing);
    const std::string up_to =
        preemptions == every_preemption ? "which stand for all that there are"
        : preemptions < 0               ? "not all of them"
        : preemptions == 0              ? "all in which nobody is interrupted"
        : preemptions == 1              ? "all with up to 1 interruption"
                           : fmt::format("all with up to {} interruptions", preemptions);
    return fmt::format("{}, {}: it holds. Not covered: more interruptions, weak memory, "
                       "other processes, time\n",
                       number(), up_to);
}

} // namespace ladder
