#pragma once

#include "processes/unique_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

#include <sys/types.h>

namespace ladder::fetcher {

/// The right to work on the job of a folder. The lock ends with its owner, whatever ends
/// that (fcntl(2), F_SETLK; children do not inherit it).
class job_lock {
public:
    /// Throws job_error when another process has it, which is named.
    explicit job_lock(const std::filesystem::path& file);

    /// What `who_runs` will tell others.
    void announce(std::uint64_t done_before);

private:
    processes::unique_fd file_;
};

/// The lock, for those who only read. Where we may not write nobody needs it: nothing, as
/// long as nobody runs the job. Throws as job_lock does.
std::optional<job_lock> lock_to_read(const std::filesystem::path& file);

struct running_job {
    pid_t pid = 0;
    std::int64_t started = 0; ///< Seconds since 1970.
    std::uint64_t done_before = 0;
};

/// Nobody: nothing.
std::optional<running_job> who_runs(const std::filesystem::path& file);

} // namespace ladder::fetcher
