#include "scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ladder::exploring {

thread_local thread* self = nullptr;
scheduler* the_scheduler = nullptr;

namespace {

constexpr int looks_in_vain = 24; // libstdc++ looks 16 times before it sleeps
constexpr int forced_looks = 20;  // by those who spin, when nobody else can go on
constexpr std::size_t most_cells = 20'000; // more of them make each access slower
constexpr std::int64_t begin_of_time = 1'000'000'000'000'000;

pthread_key_t at_exit; // its destructors come after those of thread_local variables

bool something_changed(const thread& t) {
    return the_scheduler->changes() != t.changes_seen;
}

void* run_thread(void* argument) {
    auto* const me = static_cast<thread*>(argument);
    sleep_while(me->turn, 0);
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    me->stack_begin = here - 8'000'000;
    me->stack_end = here;
    ::pthread_setspecific(at_exit, me);
    self = me;
    return me->start(me->argument);
}

void end_thread(void* argument) {
    self = nullptr;
    the_scheduler->ended(*static_cast<thread*>(argument));
}

} // namespace

void sleep_while(std::atomic<int>& word, int value) {
    while (word.load() == value) {
        const inside here;
        ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr);
    }
}

void wake_one(std::atomic<int>& word) {
    const inside here;
    ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1);
}

const char* name(int thread) {
    static constexpr std::array<const char*, max_threads> names{
        "main", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K"};
    return names[static_cast<std::size_t>(thread)];
}

// ---- one order

void scheduler::run(const std::function<void()>& body, const std::string& choices,
                    std::vector<std::string>& free, std::vector<std::string>& costly) {
    static const int made [[maybe_unused]] = ::pthread_key_create(&at_exit, end_thread);
    given_ = choices;
    free_ = &free;
    costly_ = &costly;
    out_.choices_count = out_.steps_count = 0;
    mutexes.clear();
    counts.clear();
    sleepers.clear();
    synced.clear();
    notified.clear();
    ++order_;
    if (memory_.size() > most_cells) memory_.clear(); // of the orders before
    known_ = false;
    histories_.clear();
    now = begin_of_time;
    changes_ = 0;
    forced_looks_ = 0;
    race_now_ = false;
    all_ended_ = 0;
    if (random_ != 0) {
        for (auto& p : priority_)
            p = 1'000 + random() % 1'000'000;
        change_at_.clear();
        for (int i = 0; i < random_changes_; ++i)
            change_at_.push_back(static_cast<std::uint32_t>(random() % 200));
    }
    const auto call = [](void* function) -> void* {
        try {
            (*static_cast<const std::function<void()>*>(function))();
        } catch (...) {
            const inside here;
            the_scheduler->fail(&here.me(), "an exception leaves the body");
        }
        return nullptr;
    };
    thread outside;
    thread* const main =
        start(outside, call, const_cast<void*>(static_cast<const void*>(&body)));
    main->turn = 1;
    wake_one(main->turn);
    sleep_while(all_ended_, 0);
    if (all_ended_ == 1) {
        if (ends_asleep)
            fail(nullptr, "the body comes to its end; it should have to wait");
        for (thread* t : threads) {
            ::pthread_join(t->handle, nullptr);
            delete t;
        }
        for (void* memory : deleted)
            std::free(memory);
    } // or they sleep for ever, and keep what they have
    threads.clear();
    deleted.clear();
    if (race_now_) {
        race_result_.resize(sizeof out_);
        std::memcpy(race_result_.data(), &out_, sizeof out_);
    }
}

thread* scheduler::start(thread& me, void* (*function)(void*), void* argument) {
    if (threads.size() == max_threads) fail(&me, "more than 12 threads");
    auto* const t = new thread;
    t->id = static_cast<int>(threads.size());
    t->start = function;
    t->argument = argument;
    t->clock = me.clock;
    t->clock[static_cast<std::size_t>(t->id)] = 1;
    if (!threads.empty()) {
        ++me.clock[static_cast<std::size_t>(me.id)];
        note(me, does::starts, t);
    }
    touch(me, t, true);
    t->history = mixed(me.history, 1);
    threads.push_back(t);
    if (::pthread_create(&t->handle, nullptr, run_thread, t) != 0)
        fail(&me, "the system has no more threads");
    return t;
}

void scheduler::ended(thread& me) {
    read_due_value(me);
    note(me, does::ends);
    release(me, &me);
    changed();
    me.ended = true;
    go_on(me);
}

bool scheduler::can_go_on(const thread& t) const {
    return !t.ended && (!t.blocked || (t.ready != nullptr && t.ready(t)));
}

void scheduler::point(thread& me) {
    me.history = mixed(me.history, me.in); // two in a row are not the same
    if (threads.size() > 1) go_on(me);
}

bool scheduler::block(thread& me, does what, const void* on, bool (*ready)(const thread&),
                      std::int64_t until) {
    me.timed_out = false;
    me.on = on;
    if (ready != nullptr && ready(me)) return true;
    me.blocked = true;
    me.ready = ready;
    me.until = until;
    me.waits = what;
    note(me, what, on);
    go_on(me);
    return !me.timed_out;
}

void scheduler::go_on(thread& me) {
    std::array<thread*, 2 * max_threads> who{};
    std::array<std::uint8_t, 2 * max_threads> costs{};
    std::size_t count = 0;
    const auto add = [&](thread* t, bool costs_one) {
        who[count] = t;
        costs[count++] = costs_one ? 1 : 0;
    };
    const bool mine = can_go_on(me);
    if (mine) add(&me, false);
    for (thread* t : threads)
        if (t != &me && can_go_on(*t)) add(t, mine);
    const std::size_t in_time = count;
    for (thread* t : threads)
        if (!t->ended && t->until != 0 && t->blocked && !can_go_on(*t))
            add(t, in_time > 0);
    if (in_time == 0 && count > 0 && ends_asleep)
        fail(who[0], "a thread wakes up by itself to look again; nobody woke it");
    if (count == 0) // who looked in vain looks once more
        for (thread* t : threads)
            if (t->blocked && t->ready == something_changed && !t->ended) {
                if (ends_asleep || ++forced_looks_ > forced_looks)
                    fail(t, fmt::format("{} looks again and again, and does not sleep",
                                        name(t->id)));
                add(t, false);
            }
    if (count == 0) {
        std::string what;
        for (thread* t : threads)
            if (!t->ended)
                what += fmt::format(
                    "{} {} {}", what.empty() ? "" : ",", name(t->id),
                    t->waits == does::waits_for_lock ? "waits for a lock"
                    : t->waits == does::joins
                        ? fmt::format("waits for the end of {}",
                                      name(static_cast<const thread*>(t->on)->id))
                        : "sleeps");
        if (!what.empty() && !ends_asleep) fail(&me, "nobody can go on:" + what);
        all_ended_ = what.empty() ? 1 : 2;
        wake_one(all_ended_);
        if (!me.ended) sleep_while(me.turn, me.turn.load()); // for ever
        return;
    }
    const std::size_t chosen = choose({costs.data(), count}, {who.data(), count});
    thread& next = *who[chosen];
    if (chosen >= in_time && next.until != 0) { // its time is over
        next.timed_out = true;
        touch(next, &next, true, 1);
        now = std::max(now, next.until);
    }
    if (&next != &me && mine) note(me, does::interrupted);
    hand_over(me, next);
}

void scheduler::hand_over(thread& me, thread& next) {
    next.blocked = false;
    next.until = 0;
    if (&next == &me) return;
    me.turn = 0;
    next.turn = 1;
    wake_one(next.turn);
    if (!me.ended) sleep_while(me.turn, 0);
}

bool scheduler::looked(thread& me, const void* address, std::uintptr_t pc,
                       std::uint64_t found) {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    auto& [changes, times] = me.looks[mixed(mixed(at, pc), mixed(me.in, found))];
    if (std::exchange(changes, changes_ + 1) != changes_ + 1) times = 0;
    if (++times > looks_in_vain) {
        times = 0;
        me.changes_seen = changes_;
        block(me, does::looks_in_vain, address, something_changed);
    }
    return times < 3;
}

} // namespace ladder::exploring
