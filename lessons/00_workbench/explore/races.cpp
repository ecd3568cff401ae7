// What is written down of an order: its steps, data races, and why it failed.

#include "scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <unistd.h>

namespace ladder::exploring {

namespace {

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

std::uint64_t value_at(const void* address, std::size_t size) {
    std::uint64_t value = 0;
    std::memcpy(&value, address, std::min<std::size_t>(size, sizeof value));
    return value;
}

} // namespace

/// Beyond those that have numbers, calls are told from their returns alone.
void scheduler::calls(thread& me, std::uintptr_t returns_to) {
    if (me.in_unknown > 0) return void(++me.in_unknown);
    std::uint32_t* at = &out_.calls[me.in].first_inner;
    while (*at != 0 && out_.calls[*at].returns_to != returns_to)
        at = &out_.calls[*at].next;
    if (*at == 0 && out_.calls_count + 1 == out_.calls.size())
        return void(++me.in_unknown);
    if (*at == 0) out_.calls[*at = ++out_.calls_count] = {me.in, 0, 0, returns_to};
    me.in = *at;
}

void scheduler::returns(thread& me) {
    if (me.in_unknown > 0)
        --me.in_unknown;
    else
        me.in = out_.calls[me.in].caller;
}

void scheduler::note(thread& me, does what, const void* address, std::uintptr_t pc) {
    if (++out_.steps_count > 50 * max_steps)
        fail(&me, "this does not end: a million steps, and it goes on");
    step& s = out_.steps[out_.steps_count++ % kept_steps];
    s = {.thread = static_cast<std::uint8_t>(me.id),
         .what = what,
         .address = address,
         .pc = pc,
         .in = me.in};
}

void scheduler::read_due_value(thread& me) {
    if (step* const s = std::exchange(me.value_due, nullptr);
        s != nullptr && s->thread == me.id)
        s->value = value_at(s->address, s->size);
}

void scheduler::access(thread& me, const void* address, std::size_t size, does what,
                       std::uintptr_t pc, bool atomic) {
    if (known_ && !atomic && racy_.empty()) return;
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
                     .in = me.in,
                     .pc = pc};
    for (std::uintptr_t cell = begin / 8; cell * 8 < end && !known_; ++cell) {
        mine.bytes = bytes_of(cell, begin, end);
        auto& [order, past] = memory_[cell];
        if (std::exchange(order, order_) != order_) past.clear();
        for (const past_access& then : past) {
            if ((then.bytes & mine.bytes) == 0) continue;
            if (then.deleted) {
                out_.raced = false; // this one
                race_between(then, mine);
                fail(&me, fmt::format("{} uses what {} has deleted", name(me.id),
                                      name(then.thread)));
            }
            if (then.thread != mine.thread && (then.writes || mine.writes) &&
                !(then.atomic && mine.atomic) && then.time > me.clock[then.thread])
                race(me, then, mine);
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

void scheduler::race_between(const past_access& then, const past_access& now) {
    if (std::exchange(out_.raced, true)) return;
    out_.race = {step{.thread = then.thread, .pc = then.pc, .in = then.in},
                 step{.thread = now.thread, .pc = now.pc, .in = now.in}};
}

void scheduler::race(thread& me, const past_access& then, const past_access& now) {
    race_between(then, now);
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
