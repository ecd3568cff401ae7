#include "interleave.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace ladder::interleave {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr std::size_t most_actors = 16;
constexpr std::size_t most_entries = 256;
constexpr std::size_t most_events = 1000;
constexpr std::chrono::nanoseconds look_period = 1ms;
constexpr std::chrono::nanoseconds longest_look_period = 16ms; // a look takes a core, too
constexpr int looks_at_a_lock = 10;
constexpr int looks_at_any_sleep = 500;
constexpr auto fibers_stuck_after = 200ms;
constexpr auto spins_after = 200ms; // on a core; no clock on the wall
// Who yields in a loop on a busy machine gets a core often, and for microseconds.
constexpr std::uint64_t spins_after_turns = 1000; // on a core, none of them slept away

constexpr std::uint32_t void_turn = UINT32_MAX; // the script gave way

enum class state : std::uint32_t { absent, runs, held, ended };
enum class reason : std::uint32_t { none, ended, blocked, stuck, spins, patience };

template <std::size_t Size>
struct text {
    std::array<char, Size> bytes{};

    text() = default;

    explicit text(std::string_view from) noexcept { // cuts what is too long
        std::copy_n(from.data(), std::min(from.size(), Size - 1), bytes.data());
    }

    std::string_view view() const noexcept { return bytes.data(); }
};

using actor_name = text<16>;
using point_name = text<48>;

struct role {
    actor_name name;
    std::atomic<state> now{state::absent};
    std::atomic<pid_t> pid{0};
    std::atomic<pid_t> tid{0};
};

struct entry {
    std::uint32_t role = 0;
    point_name point;
};

struct logged {
    std::atomic<bool> committed{false};
    actor_name actor;
    point_name point;
};

/// The script that there is.
constinit std::atomic<detail::shared*> active{nullptr};

} // namespace

// What is not atomic is written before `active` points here, or before it is committed.
struct detail::shared {
    interleave::options options;
    std::uint32_t role_count = 0;
    std::uint32_t entry_count = 0;
    std::array<role, most_actors> roles;
    std::array<entry, most_entries> entries;
    // The entry whose turn it is; `entry_count` when all came about. Waited on as a
    // futex.
    std::atomic<std::uint32_t> turn{0};
    std::atomic<std::uint32_t> gave_way_at{0};
    std::atomic<reason> why{reason::none};
    std::atomic<std::uint32_t> event_count{0};
    std::array<logged, most_events> events;

    bool over(std::uint32_t at) const { return at >= entry_count; }

    role* find(std::string_view name) {
        const auto end = roles.begin() + role_count;
        const auto found = std::find_if(
            roles.begin(), end, [&](const role& one) { return one.name.view() == name; });
        return found == end ? nullptr : &*found;
    }

    // Moves the turn on, unless somebody else just did.
    bool set_turn(std::uint32_t from, std::uint32_t to) {
        const bool moved = turn.compare_exchange_strong(from, to);
        if (moved)
            ::syscall(SYS_futex, &turn, FUTEX_WAKE, INT32_MAX, nullptr, nullptr, 0);
        return moved;
    }

    void give_way(std::uint32_t at, reason because) {
        if (!set_turn(at, void_turn)) return;
        gave_way_at = at;
        why = because;
    }

    void log(std::string_view who, std::string_view where) {
        const auto index = event_count.fetch_add(1);
        if (index >= most_events) return;
        events[index].actor = actor_name{who};
        events[index].point = point_name{where};
        events[index].committed.store(true, std::memory_order_release);
    }

    void wait_for_turn(role& me);
};

namespace {

thread_local actor* actors_of_this_thread = nullptr;

const void* self_of(const detail::shared* script) {
    return script != nullptr && script->options.self != nullptr ? script->options.self()
                                                                : nullptr;
}

struct thread_look {
    char state = 0;                       // as in ps(1); 0 when it is gone
    std::uint64_t voluntary_switches = 0; // how often it went to sleep

    bool sleeps() const { return state != 0 && state != 'R'; }

    bool operator==(const thread_look&) const = default;
};

thread_look look_at(const std::string& folder) {
    thread_look result;
    std::ifstream file{folder + "/status"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("State:\t")) result.state = line[7];
        if (line.starts_with("voluntary_ctxt_switches:"))
            result.voluntary_switches = std::strtoull(&line[24], nullptr, 10);
    }
    return result.state == 'Z' || result.state == 'X' ? thread_look{} : result;
}

std::string folder_of(pid_t pid, pid_t tid) {
    return fmt::format("/proc/{}/task/{}", pid, tid);
}

// sched-stats in the kernel's documentation.
struct core_use {
    std::chrono::nanoseconds time{};
    std::uint64_t turns = 0;  // how often it was given a core
    std::uint64_t sleeps = 0; // how often it gave it back for a sleep

    bool spun_since(const core_use& before) const {
        return time - before.time > spins_after ||
               (sleeps == before.sleeps && turns - before.turns > spins_after_turns);
    }
};

core_use core_use_of(const std::string& folder, const thread_look& look) {
    std::int64_t on_a_core = 0, in_the_queue = 0;
    core_use result{.sleeps = look.voluntary_switches};
    std::ifstream{folder + "/schedstat"} >> on_a_core >> in_the_queue >> result.turns;
    result.time = std::chrono::nanoseconds{on_a_core};
    return result;
}

bool waits_for_lock(const std::string& folder) {
    std::ifstream file{folder + "/wchan"};
    std::string name;
    std::getline(file, name);
    return name.starts_with("futex") || name.find("lock") != name.npos;
}

// Looks again and again at the one who has the turn, on behalf of one who waits for it.
class observer {
public:
    explicit observer(detail::shared& script) : script_(script) {}

    std::chrono::nanoseconds period() const { return period_; }

    // Why the one who has the turn will not come; none while it may.
    reason look(std::uint32_t turn) {
        const auto now = clock::now();
        if (turn != turn_) {
            turn_ = turn;
            turn_began_ = now;
            quiet_looks_ = 0;
            seen_.clear();
            before_.reset();
            period_ = look_period;
        } else if (now < next_look_) {
            return reason::none;
        }
        next_look_ = now + period_;
        if (now - turn_began_ > script_.options.patience) return reason::patience;

        const auto& other = script_.roles[script_.entries[turn].role];
        const auto state = other.now.load();
        if (state == state::ended) return reason::ended;
        if (state != state::runs) return reason::none; // not there yet, or about to go on
        if (other.tid == ::gettid())
            return now - turn_began_ > fibers_stuck_after ? reason::stuck : reason::none;

        const auto folder = folder_of(other.pid, other.tid);
        const auto looked = look_at(folder);
        if (looked.state == 0) return reason::ended; // killed
        const auto use = core_use_of(folder, looked);
        if (!before_) before_ = use;
        if (use.spun_since(*before_)) return reason::spins;
        if (!nobody_moved()) { // let them
            quiet_looks_ = 0;
            period_ = std::min(2 * period_, longest_look_period);
            return reason::none;
        }
        period_ = look_period;
        ++quiet_looks_;
        if (quiet_looks_ >= looks_at_any_sleep ||
            (quiet_looks_ >= looks_at_a_lock && waits_for_lock(folder)))
            return reason::blocked;
        return reason::none;
    }

private:
    // All threads of all actors' processes are in the same sleep as at the last look,
    // apart from those that wait for their turn.
    bool nobody_moved() {
        std::set<pid_t> waiting{::gettid()};
        std::set<pid_t> processes;
        for (std::uint32_t i = 0; i < script_.role_count; ++i) {
            const auto& one = script_.roles[i];
            if (one.now == state::held) waiting.insert(one.tid);
            if (one.now == state::runs) processes.insert(one.pid);
        }
        std::map<pid_t, thread_look> seen;
        bool all_sleep = true;
        for (const pid_t pid : processes) {
            std::error_code gone;
            std::filesystem::directory_iterator tasks{fmt::format("/proc/{}/task", pid),
                                                      gone};
            for (; !gone && tasks != std::filesystem::directory_iterator{};
                 tasks.increment(gone)) {
                const pid_t tid = std::atoi(tasks->path().filename().c_str());
                if (waiting.contains(tid)) continue;
                seen[tid] = look_at(tasks->path().string());
                all_sleep = all_sleep && seen[tid].sleeps();
            }
        }
        const bool same = seen == std::exchange(seen_, seen);
        return same && all_sleep;
    }

    detail::shared& script_;
    std::uint32_t turn_ = void_turn;
    clock::time_point turn_began_;
    clock::time_point next_look_;
    std::chrono::nanoseconds period_ = look_period;
    int quiet_looks_ = 0;
    std::optional<core_use> before_; // of the one who has the turn
    std::map<pid_t, thread_look> seen_;
};

} // namespace

void detail::shared::wait_for_turn(role& me) {
    observer watch{*this};
    for (;;) {
        const auto at = turn.load();
        if (over(at) || &roles[entries[at].role] == &me) break;
        me.now = state::held;
        if (options.yield != nullptr) {
            options.yield();
        } else {
            const timespec period{.tv_sec = 0, .tv_nsec = watch.period().count()};
            ::syscall(SYS_futex, &turn, FUTEX_WAIT, at, &period, nullptr, 0);
        }
        // Asked after the look: who moved the turn on may well have ended since.
        const auto because = watch.look(at);
        if (because != reason::none) give_way(at, because);
    }
    me.now = state::runs;
}

void detail::arrive(std::string_view point) noexcept {
    auto* const script = active.load(std::memory_order_acquire);
    if (script == nullptr) return;
    const void* const self = self_of(script);
    const actor* one = actors_of_this_thread;
    while (one != nullptr && one->self_ != self)
        one = one->next_;
    if (one == nullptr) return;

    role* const me = script->find(one->name_);
    if (me != nullptr) script->wait_for_turn(*me);
    script->log(one->name_, point);
    if (me == nullptr) return;
    const auto at = script->turn.load();
    if (script->over(at) || script->entries[at].point.view() != point) return;
    script->set_turn(at, at + 1);
    script->wait_for_turn(*me);
}

script::script(const std::vector<std::string>& order, const options& how) {
    if (active.load() != nullptr)
        throw std::logic_error{"interleave: there is a script already"};
    if (order.size() > most_entries)
        throw std::invalid_argument{"interleave: too many entries"};
    void* const memory = ::mmap(nullptr, sizeof(detail::shared), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        throw std::system_error{errno, std::generic_category(), "interleave"};
    shared_ = new (memory) detail::shared;
    shared_->options = how;
    for (const auto& line : order) {
        const auto colon = line.find(": ");
        const auto name = line.substr(0, colon);
        const auto point = colon == line.npos ? "" : line.substr(colon + 2);
        role* one = shared_->find(name);
        const bool good = !name.empty() && name.size() < sizeof(actor_name) &&
                          !point.empty() && point.size() < sizeof(point_name) &&
                          (one != nullptr || shared_->role_count < most_actors);
        if (!good) {
            ::munmap(memory, sizeof(detail::shared));
            throw std::invalid_argument{"interleave: not \"ACTOR: POINT\": " + line};
        }
        if (one == nullptr) {
            one = &shared_->roles[shared_->role_count++];
            one->name = actor_name{name};
        }
        auto& next = shared_->entries[shared_->entry_count++];
        next.role = static_cast<std::uint32_t>(one - shared_->roles.data());
        next.point = point_name{point};
    }
    active.store(shared_);
    observe(detail::arrive);
}

script::~script() {
    observe(nullptr);
    active.store(nullptr);
    ::munmap(shared_, sizeof(detail::shared));
}

bool script::forced() const noexcept {
    return shared_->turn == shared_->entry_count;
}

std::string script::gave_way() const {
    const auto who = [&] {
        return shared_->roles[shared_->entries[shared_->gave_way_at].role].name.view();
    };
    switch (shared_->why.load()) {
    case reason::none:
        return {};
    case reason::ended:
        return fmt::format("{} has ended", who());
    case reason::blocked:
        return fmt::format("{} is blocked in the kernel", who());
    case reason::stuck:
        return fmt::format("{} is a fiber that does not go on", who());
    case reason::spins:
        return fmt::format("{} runs, and does not come", who());
    case reason::patience:
        return fmt::format("{} did not come in time", who());
    }
    return {};
}

std::vector<event> script::report() const {
    std::vector<event> result;
    const auto count = std::min<std::size_t>(shared_->event_count, most_events);
    for (const auto& one : std::span{shared_->events}.first(count))
        if (one.committed.load(std::memory_order_acquire))
            result.push_back(
                {std::string{one.actor.view()}, std::string{one.point.view()}});
    return result;
}

namespace {

constexpr std::size_t drawing_width = 88; // columns
constexpr std::size_t gap = 4;            // between two points

/// The events from `begin` on that fit on one line, drawn; `begin` moves behind them.
std::string draw_part(const std::vector<event>& report, std::size_t& begin,
                      const std::vector<std::string>& actors, std::size_t left) {
    struct drawn {
        std::string line;
        std::size_t columns;
    };

    std::vector<drawn> lines;
    lines.reserve(actors.size());
    for (const auto& name : actors)
        lines.push_back({fmt::format("  {:<{}}", name, left - 2), left});
    std::size_t at = left;
    const auto first = begin;
    for (; begin < report.size(); ++begin) {
        const auto& [actor, point] = report[begin];
        if (begin > first && at + point.size() > drawing_width) break;
        auto& [line, columns] = lines[static_cast<std::size_t>(
            std::find(actors.begin(), actors.end(), actor) - actors.begin())];
        const bool came_before = columns > left;
        for (std::size_t i = columns; i < at; ++i)
            line += came_before && i > columns && i + 1 < at ? "─" : " ";
        line += point;
        columns = at + point.size();
        at = columns + gap;
    }
    std::string result;
    for (const auto& one : lines)
        if (one.columns > left) result += one.line + '\n';
    return result;
}

} // namespace

std::string draw(const std::vector<event>& report) {
    std::vector<std::string> actors;
    std::size_t left = 0;
    for (const auto& one : report)
        if (std::find(actors.begin(), actors.end(), one.actor) == actors.end()) {
            actors.push_back(one.actor);
            left = std::max(left, one.actor.size() + 5);
        }
    std::string result;
    for (std::size_t begin = 0; begin < report.size();) {
        if (begin > 0) result += '\n';
        result += draw_part(report, begin, actors, left);
    }
    return result;
}

actor::actor(std::string name)
    : name_(std::move(name)),
      pid_(::getpid()),
      self_(nullptr),
      next_(actors_of_this_thread) {
    auto* const script = active.load(std::memory_order_acquire);
    self_ = self_of(script);
    actors_of_this_thread = this;
    role* const me = script != nullptr ? script->find(name_) : nullptr;
    if (me == nullptr) return;
    me->pid = pid_;
    me->tid = ::gettid();
    script->wait_for_turn(*me);
}

actor::~actor() {
    if (pid_ != ::getpid()) return; // a copy, in a child that was forked
    actor** link = &actors_of_this_thread;
    while (*link != nullptr && *link != this)
        link = &(*link)->next_;
    if (*link == this) *link = next_;
    auto* const script = active.load(std::memory_order_acquire);
    if (role* const me = script != nullptr ? script->find(name_) : nullptr)
        me->now = state::ended;
}

} // namespace ladder::interleave
