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
    return status == 0 || status == 408 || status == 429 || status == 500 ||
           status == 502 || status == 503 || status == 504;
}

/// What a Retry-After asks for (RFC 9110, section 10.2.3): a number of seconds, or a date
/// in any of the three forms of section 5.6.7. A date that has passed is 0 s, and a
/// number that no type can hold is some very long time. Nothing when it is neither of the
/// two.
inline std::optional<seconds> time_asked_for(const std::string& value, sys_seconds now) {
    const char* const end = value.data() + value.size();
    std::uint32_t number = 0;
    const auto [rest, error] = std::from_chars(value.data(), end, number);
    if (rest == end && error == std::errc{}) return seconds{number};
    if (rest == end && error == std::errc::result_out_of_range)
        return std::chrono::years{100};

    for (const char* form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                             "%a %b %e %H:%M:%S %Y"}) {
        std::tm date{};
        if (::strptime(value.c_str(), form, &date) == end)
            return std::max(sys_seconds{seconds{::timegm(&date)}} - now, seconds{0});
    }
    return {};
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
    const seconds asked = time_asked_for(last.retry_after, now).value_or(seconds{0});
    if (asked > rules.patience) return {};
    const double most =
        std::min(std::ldexp(static_cast<double>(rules.first.count()), last.number - 1),
                 static_cast<double>(rules.cap.count()));
    return asked + milliseconds{static_cast<milliseconds::rep>(most * random)};
}

} // namespace ladder
