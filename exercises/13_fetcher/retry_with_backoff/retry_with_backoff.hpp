#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <system_error>

namespace ladder {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

/// How an attempt at a page ended.
struct attempt {
    int number = 1; ///< The first one is 1.
    int status = 0; ///< Of the answer; 0 when none came: refused, cut off, timed out.
    std::string retry_after{}; ///< That header's value; empty when there was none.
};

struct retry_rules {
    int attempts = 5;          ///< In all.
    milliseconds first{1'000}; ///< The longest wait after the first attempt.
    milliseconds cap{30'000};  ///< The longest one after any.
    seconds patience{600};     ///< Who asks us to wait for longer does not see us again.
};

/// The same request may have another answer later (RFC 9110, section 15). What the server
/// has understood and refused stays refused.
inline bool may_succeed_later(int status) {
    // TODO: a page that is not there is not there a second later either.
    return status == 0 || status >= 400;
}

/// What a Retry-After asks for (RFC 9110, section 10.2.3): a number of seconds, or a date
/// in any of the three forms of section 5.6.7. A date that has passed is 0 s, and a
/// number that no type can hold is some very long time. Nothing when it is neither of the
/// two.
inline std::optional<seconds> time_asked_for(const std::string& value, sys_seconds now) {
    // TODO: "soon" is no number, "-5" no time, "99999999999999" no int; and it may be a
    // date.
    static_cast<void>(now);
    int number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    return seconds{number};
}

/// How long to wait before the next attempt; nothing: give up. `random` is from 0 up to,
/// but not including, 1, and another one each time.
///
/// Wait as long as the server asks, and after that for a random part of a time that
/// doubles with each attempt, from `first` up to `cap`. Give up when the same request
/// cannot have another answer, when that was the last attempt, and when the server asks
/// for more than `patience`.
inline std::optional<milliseconds> wait_before_retry(const attempt& last,
                                                     const retry_rules& rules,
                                                     sys_seconds now, double random) {
    if (!may_succeed_later(last.status) || last.number >= rules.attempts) return {};
    // TODO: doubling, up to the cap; what the server asks for; a random part, so that not
    // all clients come back together.
    static_cast<void>(now);
    static_cast<void>(random);
    return rules.first * (1 << (last.number - 1));
}

} // namespace ladder
