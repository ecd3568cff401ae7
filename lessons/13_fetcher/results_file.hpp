#pragma once

#include "processes/unique_fd.hpp"
#include "task.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace ladder::fetcher {

/// One line of JSON for each URL: url, status, bytes, sha256, file, error, attempts,
/// elapsed_ms, worker; null for what there is not. Only whole lines are ever written,
/// also when the disk gets full.
class results_file {
public:
    /// "-" is standard output. An existing file is replaced. Throws std::system_error.
    explicit results_file(std::string name);

    /// Kept in memory until there is a block of lines.
    void add(const task& task, const outcome& outcome, std::optional<std::size_t> worker,
             const std::string& error);
    /// Writes what `add` kept; the destructor does not. Throws std::system_error when
    /// that fails; EPIPE when nobody reads the other end any more.
    void flush();

    /// `flush` has thrown; since then `add` and `flush` do nothing.
    bool failed() const noexcept { return failed_; }

private:
    void write_lines();
    void take_back(std::size_t written);

    std::string name_;
    processes::unique_fd file_;
    std::string lines_;
    bool failed_ = false;
};

} // namespace ladder::fetcher
