#pragma once

#include "processes/unique_fd.hpp"

#include <string>
#include <string_view>

#include <sys/types.h>

namespace ladder::fetcher {

/// A file of lines. Only whole lines are ever written, also when the disk gets full.
class results_file {
public:
    enum class existing { replaced, continued };

    /// "-" is standard output. A file that is made has these permissions, less the
    /// process's mask. Throws std::system_error.
    explicit results_file(std::string name, existing = existing::replaced,
                          mode_t permissions = 0666);

    /// Kept in memory until there is a block of lines. `lines` are whole.
    void add(std::string_view lines);
    /// Writes what `add` kept; the destructor does not. False when that was nothing.
    /// Throws std::system_error when it fails; EPIPE when nobody reads the other end any
    /// more.
    bool flush();

    /// Both.
    void write(std::string_view lines) {
        add(lines);
        flush();
    }

    /// What was flushed survives a power failure (fdatasync(2)). Throws
    /// std::system_error.
    void make_durable();

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
