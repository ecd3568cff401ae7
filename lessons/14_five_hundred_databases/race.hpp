#pragma once

#include "database.hpp"
#include "question.hpp"
#include "stopwatch.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ladder::five_hundred_databases {

struct race_options {
    std::size_t hosts = all_hosts;
    std::size_t serial_share = 10;   ///< The serial way asks 1 of so many hosts.
    std::vector<std::string> ways{}; ///< Only these; all when empty.
    bool python = true;              ///< With Python's clients, where there are any.
};

/// A way, with a number in flight.
struct contestant {
    std::string name;                   ///< E.g. "fibers", "python_uvloop".
    std::string title;                  ///< For people.
    std::vector<std::string> command{}; ///< But for the port.
    std::size_t hosts = all_hosts;
    std::size_t in_flight = all_hosts;
    std::size_t times = 1;  ///< Time, CPU and switches stand for so many such runs.
    bool equal = true;      ///< In the race of equals; else with the size once used.
    double claimed = 0;     ///< Seconds, in the comparison this descends from; or 0.
    std::string left_out{}; ///< Why it does not run; empty: it does.
};

/// What came of it.
struct lap {
    five_hundred_databases::contestant contestant;
    double seconds = 0; ///< Of the asking alone: without the start of the program.
    measurement cost{}; ///< Of the whole program.
    answers said{};
    server_counters seen{}; ///< By the server.
    std::size_t opened = 0; ///< Connections, counted by the server.
    std::string failure{};  ///< Of the way itself; empty: none.

    bool ran() const { return failure.empty() && contestant.left_out.empty(); }

    double scaled(double one) const {
        return one * static_cast<double>(contestant.times);
    }
};

/// Everybody, in the order of the ladder: the race of equals first, then those with the
/// pool sizes that were used once. Throws `std::invalid_argument` for an unknown way.
std::vector<contestant> contestants(const race_options&);

/// Runs one of them as a program of its own, and measures it from outside. Throws what
/// the observer throws when the database is gone.
lap run(const contestant&, const database&, observer&);

/// The pool sizes that a known comparison had: what its own
/// figures say, time of the serial way / time of this one.
constexpr std::size_t claimed_processes = 23; // 67.745 s / 2.932 s
constexpr std::size_t claimed_threads = 14;   // 67.745 s / 4.813 s

} // namespace ladder::five_hundred_databases
