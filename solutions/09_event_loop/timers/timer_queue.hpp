#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <utility>

namespace ladder {

/// The timers of an event loop, which does nothing but this:
///
///     for (;;) {
///         epoll_wait(..., timers.wait_in_ms(now));
///         ... what is ready ...
///         timers.call_due(now);
///     }
///
/// The queue looks at no clock: it is told what time it is.
class timer_queue {
public:
    using clock = std::chrono::steady_clock;
    using callback = std::function<void()>;
    /// The time, and a number that no other timer has.
    using timer = std::pair<clock::time_point, std::uint64_t>;

    /// Calls `c` once, in the first `call_due` at that time or later.
    timer call_at(clock::time_point when, callback c) {
        const timer t{when, made_++};
        timers_.emplace(t, std::move(c));
        return t;
    }

    /// It is not called any more. False: it was not going to be.
    bool cancel(const timer& t) { return timers_.erase(t) > 0; }

    /// For how long the loop may sleep, in milliseconds, as epoll_wait(2) takes it: -1 is
    /// for ever, 0 not at all.
    int wait_in_ms(clock::time_point now) const {
        using std::chrono::milliseconds;
        if (timers_.empty()) return -1;
        const auto left =
            std::chrono::ceil<milliseconds>(timers_.begin()->first.first - now);
        return static_cast<int>(std::clamp<milliseconds::rep>(
            left.count(), 0, std::numeric_limits<int>::max()));
    }

    /// Calls those whose time has come, in the order of their times, and those of the
    /// same time in the order in which they were made. A callback may do with the queue
    /// what it likes; what it adds is called in the next round at the earliest. When one
    /// throws, that leaves here; it is not called again, and the others are still there.
    void call_due(clock::time_point now) {
        const auto first_new = made_;
        auto next = timers_.begin();
        while (next != timers_.end() && next->first.first <= now) {
            const timer t = next->first;
            if (t.second < first_new) timers_.extract(next).mapped()();
            next = timers_.upper_bound(t);
        }
    }

private:
    std::map<timer, callback> timers_; // the next one first
    std::uint64_t made_ = 0;
};

} // namespace ladder
