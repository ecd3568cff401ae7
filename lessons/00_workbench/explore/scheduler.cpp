#include "scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ladder::exploring {

thread_local thread* self = nullptr;
scheduler* the_scheduler = nullptr;

namespace {

constexpr int looks_in_vain = 24; // libstdc++ looks 16 times before it sleeps
constexpr int forced_looks = 20;  // by those who spin, when nobody else can go on
constexpr std::int64_t begin_of_time = 1'000'000'000'000'000;

pthread_key_t at_exit; // its destructors come after those of thread_local variables

std::uint8_t bytes_of(std::uintptr_t cell, std::uintptr_t begin, std::uintptr_t end) {
    std::uint8_t result = 0;
    for (std::uintptr_t i = 0; i < 8; ++i)
        if (cell * 8 + i >= begin && cell * 8 + i < end)
            result = static_cast<std::uint8_t>(result | (1U << i));
    return result;
}

bool is_debugged() {
    std::ifstream status{"/proc/self/status"};
    for (std::string word; status >> word;)
        if (int tracer = 0; word == "TracerPid:" && status >> tracer) return tracer != 0;
    return false;
}

/// As boost::hash_combine.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
    a ^= b + 0x9e3779b97f4a7c15 + (a << 6) + (a >> 2);
    a *= 0xff51afd7ed558ccd;
    return a ^ (a >> 33);
}

std::uint64_t value_at(const void* address, std::size_t size) {
    std::uint64_t value = 0;
    std::memcpy(&value, address, std::min<std::size_t>(size, sizeof value));
    return value;
}

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
    memory_.clear();
    histories_.clear();
    now = begin_of_time;
    changes_ = 0;
    forced_looks_ = 0;
    race_now_ = false;
    all_ended_ = 0;
    if (random_ != 0) {
        for (auto& p : priority_)
            p = 1'000 +
                (random_ = random_ * 6364136223846793005U + 1442695040888963407U) %
                    1'000'000;
        change_at_.clear();
        for (int i = 0; i < random_changes_; ++i)
            change_at_.push_back(static_cast<std::uint32_t>(
                (random_ = random_ * 6364136223846793005U + 1442695040888963407U) /
                65536 % 200));
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

void scheduler::be_random(std::uint64_t seed, int changes) {
    random_ = seed;
    random_changes_ = changes;
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

std::size_t scheduler::choose(std::span<const std::uint8_t> costs,
                              std::span<thread* const> who) {
    if (costs.size() == 1) return 0;
    const std::uint32_t at = out_.choices_count;
    if (at == max_steps) fail(nullptr, "this does not end: 20,000 steps, and it goes on");
    std::size_t chosen = 0;
    if (at < given_.size()) {
        chosen = static_cast<std::uint8_t>(given_[at]);
        if (chosen >= costs.size())
            chosen = 0; // it went another way: a static, an address
    } else if (random_ != 0) {
        random_ = random_ * 6364136223846793005U + 1442695040888963407U;
        if (who.empty()) {
            chosen = random_ / 65536 % costs.size();
        } else {
            const auto priority = [&](const thread* t) -> auto& {
                return priority_[static_cast<std::size_t>(t->id)];
            };
            for (std::size_t i = 0; i < change_at_.size(); ++i)
                if (change_at_[i] == at) priority(who[0]) = i;
            for (std::size_t i = 1; i < who.size(); ++i)
                if (priority(who[i]) > priority(who[chosen])) chosen = i;
        }
    } else if (seen_.insert(situation(who.empty() ? nullptr : who[0])).second) {
        std::string other(out_.choices.begin(), out_.choices.begin() + at);
        other.push_back(0);
        for (std::size_t i = 1; i < costs.size(); ++i) {
            other.back() = static_cast<char>(i);
            (costs[i] != 0 ? costly_ : free_)->push_back(other);
        }
    }
    out_.choices[at] = static_cast<std::uint8_t>(chosen);
    ++out_.choices_count;
    return chosen;
}

void scheduler::touch(thread& me, const void* object, bool writes, std::uint64_t what) {
    std::uint64_t& of_object = histories_[object];
    me.history = mixed(mixed(me.history, of_object), 2 * what + (writes ? 1 : 0));
    if (writes) of_object = me.history;
}

/// The same number means that all went the same way so far, but for the order of steps
/// that have nothing to do with each other: what comes has been looked at already.
std::uint64_t scheduler::situation(const thread* turn) const {
    std::uint64_t result = turn == nullptr ? 100 : static_cast<std::uint64_t>(turn->id);
    for (const thread* t : threads)
        result = mixed(result, t->history);
    return result;
}

bool scheduler::looked(thread& me, const void* address, std::uintptr_t pc,
                       std::uint64_t found) {
    std::size_t key = reinterpret_cast<std::uintptr_t>(address) * 31 + pc;
    for (const std::uintptr_t frame : where(me, pc))
        key = key * 31 + frame;
    auto& [changes, times] = me.looks[key * 31 + found];
    if (std::exchange(changes, changes_ + 1) != changes_ + 1) times = 0;
    if (++times > looks_in_vain) {
        times = 0;
        me.changes_seen = changes_;
        block(me, does::looks_in_vain, address, something_changed);
    }
    return times < 3;
}

// ---- what is written down

frames scheduler::where(const thread& me, std::uintptr_t pc) const {
    frames result{};
    std::size_t i = 0;
    if (pc != 0) result[i++] = pc;
    for (auto call = me.calls.rbegin(); call != me.calls.rend() && i < result.size();
         ++call)
        result[i++] = *call;
    return result;
}

void scheduler::note(thread& me, does what, const void* address, std::uintptr_t pc) {
    if (++out_.steps_count > 50 * max_steps)
        fail(&me, "this does not end: a million steps, and it goes on");
    step& s = out_.steps[out_.steps_count++ % kept_steps];
    s = {.thread = static_cast<std::uint8_t>(me.id),
         .what = what,
         .address = address,
         .where = where(me, pc)};
}

void scheduler::read_due_value(thread& me) {
    if (step* const s = std::exchange(me.value_due, nullptr);
        s != nullptr && s->thread == me.id)
        s->value = value_at(s->address, s->size);
}

void scheduler::access(thread& me, const void* address, std::size_t size, does what,
                       std::uintptr_t pc, bool atomic) {
    read_due_value(me);
    if (!atomic && racy_.contains(pc)) {
        point(me);
        if (what != does::reads) changed();
        touch(me, address, what != does::reads);
    }
    if (atomic) {
        touch(me, address, what != does::reads);
        me.last_look[address] = changes_;
    }
    const auto begin = reinterpret_cast<std::uintptr_t>(address), end = begin + size;
    past_access mine{.bytes = 0,
                     .thread = static_cast<std::uint8_t>(me.id),
                     .writes = what != does::reads,
                     .atomic = atomic,
                     .deleted = what == does::deletes,
                     .time = me.clock[static_cast<std::size_t>(me.id)],
                     .pc = pc,
                     .where = where(me, pc)};
    for (std::uintptr_t cell = begin / 8; cell * 8 < end; ++cell) {
        mine.bytes = bytes_of(cell, begin, end);
        std::vector<past_access>& past = memory_[cell];
        for (const past_access& then : past) {
            if ((then.bytes & mine.bytes) == 0) continue;
            if (then.deleted) {
                out_.race = {step{.thread = then.thread, .where = then.where},
                             step{.thread = mine.thread, .where = mine.where}};
                out_.raced = true;
                fail(&me, fmt::format("{} uses what {} has deleted", name(me.id),
                                      name(then.thread)));
            }
            if (then.thread != mine.thread && (then.writes || mine.writes) &&
                !(then.atomic && mine.atomic) && then.time > me.clock[then.thread])
                race(me, then, mine, address);
        }
        std::erase_if(past, [&](const past_access& then) {
            return then.thread == mine.thread && (then.bytes & ~mine.bytes) == 0 &&
                   (mine.writes || !then.writes) && then.atomic == mine.atomic;
        });
        past.push_back(mine);
    }
    if (begin >= me.stack_begin && begin < me.stack_end && !atomic) return;
    note(me, what, address, pc);
    step& s = out_.steps[(out_.steps_count - 1) % kept_steps];
    s.atomic = atomic;
    s.size = static_cast<std::uint8_t>(std::min<std::size_t>(size, 255));
    if (what == does::reads)
        s.value = value_at(address, size);
    else if (what != does::deletes)
        me.value_due = &s;
}

void scheduler::race(thread& me, const past_access& then, const past_access& now,
                     const void*) {
    if (!std::exchange(out_.raced, true))
        out_.race = {step{.thread = then.thread, .where = then.where},
                     step{.thread = now.thread, .where = now.where}};
    if (racy_.contains(then.pc) && racy_.contains(now.pc)) return;
    make_point(then.pc);
    make_point(now.pc);
    found_points_ = true;
    if (!race_text_.empty()) return;
    const auto verb = [](const past_access& a) {
        return a.deleted ? "deletes" : a.writes ? "writes" : "reads";
    };
    race_text_ = fmt::format("a data race: {} {} what {} {}, and nothing orders the two",
                             name(then.thread), verb(then), name(me.id), verb(now));
    race_now_ = true;
}

void scheduler::fail_for_race() {
    if (race_text_.empty()) return;
    const auto orders = out_.orders;
    const auto complete = out_.complete;
    const auto outcomes = out_.outcomes;
    std::memcpy(&out_, race_result_.data(), sizeof out_);
    out_.orders = orders;
    out_.complete = complete;
    out_.outcomes = outcomes;
    fail(nullptr, race_text_);
}

void scheduler::fail(thread* me, std::string_view what) {
    if (me != nullptr) read_due_value(*me);
    const std::size_t size = std::min(what.size(), out_.failure.size() - 1);
    std::copy_n(what.begin(), size, out_.failure.begin());
    out_.failure[size] = 0;
    if (replays) {
        std::fprintf(stderr, "%s\n%s", out_.failure.data(), draw(out_).c_str());
        if (is_debugged()) std::raise(SIGTRAP);
    }
    ::_exit(replays ? 1 : 0);
}

} // namespace ladder::exploring
