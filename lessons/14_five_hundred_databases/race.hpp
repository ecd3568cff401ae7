#pragma once

#include "database.hpp"
#include "question.hpp"
#include "workbench/stopwatch.hpp"

#include <string>
#include <vector>

namespace ladder::five_hundred_databases {

struct race_options {
    std::size_t hosts = all_hosts;
    std::size_t serial_share = 10;   ///< The serial way asks 1 of so many hosts.
    std::size_t laps = 3;            ///< Runs of everybody in the race of equals.
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
    std::size_t laps = 1;   ///< So often it runs; the middle one counts.
    bool equal = true;      ///< In the race of equals; else with the size once used.
    double claimed = 0;     ///< Seconds, in the comparison this descends from; or 0.
    std::string left_out{}; ///< Why it does not run; empty: it does.
};

/// What came of it, in the middle one of some runs.
struct lap {
    five_hundred_databases::contestant contestant;
    double seconds = 0; ///< Of the asking alone: without the start of the program.
    measurement cost{}; ///< Of the whole program.
    answers said{};
    std::size_t runs = 1;
    server_counters seen{}; ///< By the server; what is aborted or left open, of all runs.
    std::size_t opened = 0; ///< Connections of all runs, counted by the server.
    std::string failure{};  ///< Of the way itself; empty: none.

    bool ran() const { return failure.empty() && contestant.left_out.empty(); }

    double scaled(double one) const {
        return one * static_cast<double>(contestant.times);
    }
};

/// Everybody, in the order of the ladder: the race of equals first, then those with the
/// pool sizes that were used once. Throws `std::invalid_argument` for an unknown way.
std::vector<contestant> contestants(const race_options&);

/// Runs one of them as a program of its own, as often as it says, and measures it from
/// outside. The run with the middle time counts, or the first that failed. Throws what
/// the observer throws when the database is gone.
lap run(const contestant&, const database&, observer&);

/// Asks every host once and does not look at the clock: the first one to run would warm
/// the server's threads for all the others.
void warm_up(const database&);

/// The pool sizes that would explain the times of a known comparison: time of the serial
/// way / time of this one. Work under the interpreter's lock would explain them, too.
constexpr std::size_t claimed_processes = 23; // 67.745 s / 2.932 s
constexpr std::size_t claimed_threads = 14;   // 67.745 s / 4.813 s

} // namespace ladder::five_hundred_databases
