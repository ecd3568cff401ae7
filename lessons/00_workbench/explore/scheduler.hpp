#pragma once

// Inside: the threads of one order, who of them goes on, and what is written down.

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <pthread.h>

namespace ladder::exploring {

constexpr int max_threads = 12;
constexpr std::uint32_t max_steps = 20'000; // in one order; more of them never end
constexpr std::uint32_t kept_steps = 4'096; // of those, the last

using vector_clock = std::array<std::uint32_t, max_threads>;

inline void join(vector_clock& mine, const vector_clock& other) {
    for (int i = 0; i < max_threads; ++i)
        if (mine[i] < other[i]) mine[i] = other[i];
}

/// As boost::hash_combine.
inline std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
    a ^= b + 0x9e3779b97f4a7c15 + (a << 6) + (a >> 2);
    a *= 0xff51afd7ed558ccd;
    return a ^ (a >> 33);
}

/// A call of a function. They have numbers, the same in all orders; 0 is none.
struct call {
    std::uint32_t caller, first_inner, next; ///< That call, and the caller's next one.
    std::uintptr_t returns_to;
};

enum class does : std::uint8_t {
    reads,
    writes,
    changes, // an access; `changes` is an atomic one that does both
    locks,
    unlocks,
    waits_for_lock,

    sleeps,
    wakes_up,
    times_out,
    notifies,
    starts,
    ends,
    joins,
    looks_in_vain,
    deletes,
    interrupted,
};

struct step {
    std::uint8_t thread = 0;
    does what = does::reads;
    bool atomic = false;
    std::uint8_t size = 0;
    const void* address = nullptr;
    std::uint64_t value = 0;
    std::uintptr_t pc = 0; // 0: in the C library, of the innermost call
    std::uint32_t in = 0;  // the call
};

struct counted {
    std::array<char, 32> what;
    std::size_t orders;
};

/// What the child leaves to the process that asked, which draws it: the child may crash.
struct result {
    std::size_t orders;
    int complete; // all orders with so many preemptions were tried
    bool ended;   // the search did
    std::array<char, 512> failure;
    std::array<counted, 16> outcomes;
    bool unlocks_are_points, raced;
    std::array<step, 2> race; // where
    std::uint32_t choices_count, steps_count, racy_count, calls_count;
    std::array<std::uintptr_t, 64> racy; // places that are points
    std::array<std::uint8_t, max_steps> choices;
    std::array<step, kept_steps> steps;
    std::array<call, 32'768> calls;
};

struct thread {
    int id = 0;
    std::atomic<int> turn = 0; // a futex: 1 when it may run
    pthread_t handle{};
    void* (*start)(void*) = nullptr;
    void* argument = nullptr;
    bool ended = false;

    // It can go on when `ready` is null, or says so of `on`.
    bool blocked = false;
    bool (*ready)(const thread&) = nullptr; // null while blocked: somebody must wake it
    const void* on = nullptr;
    does waits = does::ends;
    std::int64_t until = 0; // or then, if it is not 0
    bool timed_out = false;

    vector_clock clock{}, seen{}, fence{}; // `seen` by relaxed loads, for a fence
    std::uint32_t in = 0, in_unknown = 0;  // the innermost call; those without a number
    std::uintptr_t stack_begin = 0, stack_end = 0;
    step* value_due = nullptr; // its value is not written yet

    // Who looked in vain so often looks again only after a change.
    std::unordered_map<std::size_t, std::pair<std::uint64_t, int>> looks;
    std::uint64_t changes_seen = 0;
    std::unordered_map<const void*, std::uint64_t> last_look; // of atomics, by changes

    std::uint64_t history = 0; // a hash of what it did, and of what it knows from others
};

/// The thread that the explored code runs in; null in all others, and inside of here.
extern thread_local thread* self;

/// Makes the calling thread one of those outside until the end of the scope: what is
/// called here may be code that calls hooks.
class inside {
public:
    inside() : me_(std::exchange(self, nullptr)) {}
    ~inside() { self = me_; }
    inside(const inside&) = delete;
    inside& operator=(const inside&) = delete;

    explicit operator bool() const { return me_ != nullptr; }
    thread& me() const { return *me_; }

private:
    thread* me_;
};

/// Models what threads wait for, and runs one of them at a time.
class scheduler {
public:
    explicit scheduler(result& out) : out_(out) {}

    /// Runs one order: the choices given, and then the first of each. Adds what else
    /// could have been chosen: to `free`, or to `costly` when it costs a preemption.
    void run(const std::function<void()>& body, const std::string& choices,
             std::vector<std::string>& free, std::vector<std::string>& costly);

    /// Random priorities that change a few times (Burckhardt and others, "A randomized
    /// scheduler with probabilistic guarantees of finding bugs", 2010). 0: not at random.
    void be_random(std::uint64_t seed, int changes);

    /// In the last order: the places of a race, or unlocks because somebody tries to
    /// lock.
    bool found_points() { return std::exchange(found_points_, false); }
    void begin_anew() { seen_.clear(); }
    void make_point(std::uintptr_t pc) {
        if (racy_.insert(pc).second && out_.racy_count < out_.racy.size())
            out_.racy[out_.racy_count++] = pc;
    }
    /// The first of them becomes the failure, when there is no other.
    void fail_for_race();

    result& out() { return out_; }

    bool ends_asleep = false;
    bool replays = false; // stays in this process

    // ---- for the hooks, called by the thread that runs

    /// Another thread may go on before what comes now.
    void point(thread& me);
    /// Returns when `ready` says so, or when woken; false when the time is over.
    bool block(thread& me, does what, const void* on, bool (*ready)(const thread&),
               std::int64_t until = 0);
    static void wake(thread& other) { other.blocked = false; }
    /// The first is the usual one.
    std::size_t choose(std::span<const std::uint8_t> costs,
                       std::span<thread* const> who = {});
    void note(thread& me, does what, const void* address = nullptr,
              std::uintptr_t pc = 0);
    void access(thread& me, const void* address, std::size_t size, does what,
                std::uintptr_t pc, bool atomic = false);
    /// It looked at something, which was not as it should be. Tells whether this is new.
    bool looked(thread& me, const void* address, std::uintptr_t pc, std::uint64_t found);
    void changed() { ++changes_; }
    void calls(thread& me, std::uintptr_t returns_to);
    void returns(thread& me);
    /// Whether a lock is held is seen by this alone.
    void tries_to_lock() {
        if (!std::exchange(out_.unlocks_are_points, true)) found_points_ = true;
    }
    std::uint64_t changes() const { return changes_; }

    void acquire(thread& me, const void* of) {
        join(me.clock, synced[of]);
        touch(me, of, true);
    }
    void release(thread& me, const void* of) {
        touch(me, of, true);
        join(synced[of], me.clock);
        ++me.clock[static_cast<std::size_t>(me.id)];
    }

    /// Adds an operation to the history of this thread, and of the object.
    void touch(thread& me, const void* object, bool writes, std::uint64_t what = 0);

    thread* start(thread& me, void* (*function)(void*), void* argument);
    /// Ends this process, or stops in the debugger.
    [[noreturn]] void fail(thread* me, std::string_view what);
    void ended(thread& me);

    struct mutex {
        int owner = -1, depth = 0, readers = 0;
    };

    std::unordered_map<const void*, mutex> mutexes;
    std::unordered_map<const void*, int> counts; // of semaphores, of things done once
    std::unordered_map<const void*, std::vector<thread*>> sleepers;
    std::unordered_map<const void*, vector_clock> synced;
    std::unordered_map<const void*, std::uint64_t> notified; // the last change by then
    std::vector<void*> deleted; // not used again in this order
    std::vector<thread*> threads;
    std::int64_t now = 0; // nanoseconds

private:
    struct past_access {
        std::uint8_t bytes, thread;
        bool writes, atomic, deleted;
        std::uint32_t time, in;
        std::uintptr_t pc;
    };
    struct cell {          // eight bytes of memory
        std::size_t order; // in which it was used
        std::vector<past_access> past;
    };

    std::uint64_t random();
    void go_on(thread& me);
    void hand_over(thread& me, thread& next);
    bool can_go_on(const thread& t) const;
    std::uint64_t situation(const thread* turn) const;
    void read_due_value(thread& me);
    void race_between(const past_access& then, const past_access& now);
    void race(thread& me, const past_access& then, const past_access& now);

    result& out_;
    std::string given_;
    std::vector<std::string>*free_ = nullptr, *costly_ = nullptr;
    boost::unordered_flat_map<std::uintptr_t, cell> memory_;
    std::size_t order_ = 0;
    std::unordered_set<std::uintptr_t> racy_;                  // by pc
    std::unordered_map<const void*, std::uint64_t> histories_; // of objects
    boost::unordered_flat_set<std::uint64_t> seen_; // situations, by all histories
    bool found_points_ = false, race_now_ = false, known_ = false;
    std::string race_text_;
    std::vector<std::byte> race_result_; // all of `result`, as it was then
    std::uint64_t changes_ = 0;
    std::atomic<int> all_ended_ = 0; // a futex
    int forced_looks_ = 0;
    std::uint64_t random_ = 0;
    int random_changes_ = 0;
    std::array<std::uint64_t, max_threads> priority_{};
    std::vector<std::uint32_t> change_at_;
};

extern scheduler* the_scheduler;

/// Both by futex(2), past what is taken over here.
void sleep_while(std::atomic<int>& word, int value);
void wake_one(std::atomic<int>& word);

const char* name(int thread); // main, A, B …

/// What happened, by source lines; at most 90 columns.
std::string draw(const result& r);

} // namespace ladder::exploring
