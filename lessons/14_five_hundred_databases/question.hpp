#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

/// Rung 14: five hundred databases, every way of the ladder, and what makes a race fair.
namespace ladder::five_hundred_databases {

constexpr std::size_t all_hosts = 500;

/// The address of a host: 127.0.1.1 is number 0, 127.0.2.244 is number 499. All of
/// 127.0.0.0/8 is this machine (RFC 1122, 3.2.1.3), so a server can be many hosts.
inline std::string host(std::size_t number) {
    ++number;
    return "127.0." + std::to_string(1 + number / 256) + '.' +
           std::to_string(number % 256);
}

/// What is asked, of whom, and how many at a time. Every way gets the same.
struct question {
    std::uint16_t port = 0;
    std::size_t first = 0; ///< Number of the first host.
    std::size_t hosts = all_hosts;
    std::size_t in_flight = all_hosts; ///< Asked and not yet answered, at most.
    std::size_t processes = 2;         ///< For the way that has processes *and* fibers.
    std::string query = "select sleep(0.1)";
    std::string user = "ladder"; ///< Without a password.
    /// For one host, connecting included. Only the ways on an event loop keep to it: a
    /// blocking call of Boost.MySQL has no limit.
    std::chrono::milliseconds timeout = std::chrono::seconds{30};
};

/// What came of it: each host is counted once.
struct answers {
    std::size_t good = 0;
    std::map<std::string, std::size_t> errors; ///< How many, by what went wrong.

    /// Counts the answer of one host; `error` is empty when it is good.
    void add(const std::string& error) {
        if (error.empty())
            ++good;
        else
            ++errors[error];
    }

    void add(const answers& more) {
        good += more.good;
        for (const auto& [error, count] : more.errors)
            errors[error] += count;
    }

    std::size_t failed() const {
        std::size_t sum = 0;
        for (const auto& [error, count] : errors)
            sum += count;
        return sum;
    }
};

} // namespace ladder::five_hundred_databases
