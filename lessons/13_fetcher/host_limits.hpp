#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ladder::fetcher {

using turn_time = std::chrono::steady_clock::time_point;

/// Which of a list's URLs belong together: the name or the address of the host, without
/// port, in small letters. Empty when the URL has none.
std::string host_of(std::string_view url);

/// How often one may ask.
struct politeness {
    std::size_t per_host = 0; ///< Requests at a time to one host; 0: any number.
    double rate = 0;          ///< Requests in a second, to all hosts; 0: any number.
    double per_host_rate = 0; ///< To each host.
    bool robots = false;      ///< Ask only for what robots.txt allows
    std::string robot{};      ///< to the one of this name.
    bool operator==(const politeness&) const = default;
};

/// What a host said to a request.
struct answer {
    turn_time at{};
    int status = 0; ///< 0: nothing.
    std::optional<std::chrono::seconds> retry_after{};
};

/// Whether a host may be asked now. Without I/O and without a clock: it is told what
/// happened and when, and so it counts for the whole run, whoever asks.
///
/// A host that answers 429 or 503 is left alone: for as long as it asks, else for a time
/// that doubles with each such answer. Then it is asked once, and only when it has
/// another answer for that is it asked as before. A host that asks for more than
/// `patience` is not asked again.
///
/// A host is known from its first request until it has none in flight and no time of its
/// own has to pass; without limits, only when it is in trouble. So its size depends on
/// what is on its way and on the times, not on the number of hosts.
class host_limits {
public:
    static constexpr std::chrono::milliseconds first_pause{100};
    static constexpr std::chrono::milliseconds longest_pause{5000};
    static constexpr std::chrono::minutes patience{10};
    static constexpr std::size_t most_closed = 10'000; ///< Hosts that it remembers.

    enum class verdict : char { now, later, never };

    explicit host_limits(const politeness& limits) : limits_(limits) {}

    /// Do hosts matter at all, at the moment?
    bool look_at_hosts() const noexcept {
        return !hosts_.empty() || limits_.per_host > 0 || limits_.per_host_rate > 0;
    }

    /// From when on the next request, to whatever host, may go out.
    turn_time next_of_all() const noexcept { return next_of_all_; }

    verdict may_ask(const std::string& host, turn_time now) const;

    /// From when on no time keeps us from asking it; what does may be the number in
    /// flight.
    turn_time next_of(const std::string& host) const;

    /// A request goes out. Returns whether it is counted, which `over` wants to know.
    bool asked(const std::string& host, turn_time now);

    /// It is over.
    void over(const std::string& host, bool counted, const answer& said);

    std::size_t known_hosts() const noexcept { return hosts_.size(); }

private:
    struct host {
        std::size_t in_flight = 0;
        turn_time next{};  ///< By the rate.
        turn_time until{}; ///< By what it said.
        int strikes = 0;   ///< 429 or 503 in a row, each after the pause of the last.
        bool closed = false;
        turn_time expiry{}; ///< Which of `expiries_` is its own.

        turn_time free_from() const noexcept { return std::max(next, until); }
        turn_time known_until() const noexcept;
    };

    using expiry = std::pair<turn_time, std::string>;

    using hosts = std::unordered_map<std::string, host>;

    void listen(host& h, const answer& said);
    void forget_if_idle(hosts::iterator known, turn_time now);

    politeness limits_;
    turn_time next_of_all_{};
    std::size_t closed_ = 0;
    hosts hosts_;
    std::priority_queue<expiry, std::vector<expiry>, std::greater<>> expiries_;
};

} // namespace ladder::fetcher
