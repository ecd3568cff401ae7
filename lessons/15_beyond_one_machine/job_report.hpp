#pragma once

#include "sql.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What can be seen of a job from anywhere.
namespace ladder::beyond_one_machine {

struct job_status {
    struct machine {
        std::string owner;  ///< NAME/PID-NUMBER
        double seconds = 0; ///< Since it began, as long as it was seen.
        double silent = 0;  ///< Seconds since it was seen last.
        std::uint64_t done = 0;
        std::uint64_t failed = 0;
        std::uint64_t leased = 0; ///< Batches that it has.

        double rate() const { return seconds > 0 ? double(done) / seconds : 0; }
    };

    std::optional<std::uint64_t> lines; ///< Known when all is loaded.
    std::uint64_t loaded = 0;           ///< URLs, in each state:
    std::uint64_t ready = 0, leased = 0, done = 0, drained = 0;
    std::uint64_t failed = 0;
    std::uint64_t deaths = 0; ///< Leases that nobody renewed.
    std::vector<machine> machines;

    /// At the rate of the machines that were seen lately; nothing without any.
    std::optional<double> seconds_left() const;
};

/// Throws std::invalid_argument when there is no such job.
job_status look_at_job(sql& database, const std::string& name);

std::string status_text(const job_status&);
std::string status_json(const job_status&);

/// What does not add up: each URL of the list is in one batch that has its outcome, and
/// no other; with `results`, the file that was drained into has each of them once. Empty:
/// all is well. A job that is not finished does not add up.
std::vector<std::string> audit_job(sql& database, const std::string& name,
                                   const std::string& results);

} // namespace ladder::beyond_one_machine
