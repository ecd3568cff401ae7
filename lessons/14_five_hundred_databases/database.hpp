#pragma once

#include "processes/child_process.hpp"
#include "processes/unique_fd.hpp"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include <sys/types.h>

namespace ladder::five_hundred_databases {

/// A database of our own at five hundred loopback addresses, for as long as this object
/// lives: a MariaDB from the server's binaries alone, with a data folder of its own in
/// the temporary directory, or the program `stand_in_database`.
///
/// A keeper process owns the server and its folder, and our end of its standard input is
/// its life line: when this object or this process ends, however that happens, the
/// server is killed and the folder removed. Use it from the process and the thread that
/// made it. The constructor returns when the server is ready; it throws
/// `std::runtime_error` when there is none, with the reason in one line.
class database {
public:
    enum class kind { mariadb, stand_in };

    explicit database(kind);
    ~database();
    database(const database&) = delete;
    database& operator=(const database&) = delete;

    /// MariaDB, or the stand-in when there is none. In `why`, if given, stands why.
    static kind best(std::string* why = nullptr);

    kind what() const noexcept { return kind_; }

    std::uint16_t port() const noexcept { return port_; }

    pid_t pid() const noexcept { return pid_; } ///< Of the server itself.

    /// E.g. "MariaDB 10.11.19", "the stand-in".
    const std::string& version() const noexcept { return version_; }

    /// SIGKILL to the server. Returns when it is gone, and its folder too.
    void kill();

private:
    kind kind_;
    processes::unique_fd life_line_;
    std::optional<processes::child_process> keeper_;
    std::uint16_t port_ = 0;
    pid_t pid_ = -1;
    std::string version_;
};

/// Starts MariaDB, or the stand-in when that is wanted or nothing else is there, and says
/// to `out` which, and why.
std::unique_ptr<database> open_database(bool stand_in, std::FILE* out);

/// What the server has counted, by the names of SHOW GLOBAL STATUS.
struct server_counters {
    std::uint64_t connections = 0;          ///< Since it started.
    std::uint64_t threads_connected = 0;    ///< Now, without whoever asks this.
    std::uint64_t max_used_connections = 0; ///< At one moment, without whoever asks this.
    std::uint64_t aborted_clients = 0;      ///< Gone without saying goodbye.
    std::uint64_t aborted_connects = 0;     ///< Failed to log in.
};

/// Stays connected to one host, and asks the server what it has counted. Throws
/// `std::runtime_error` when the server does not answer.
class observer {
public:
    explicit observer(std::uint16_t port);
    ~observer();
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;

    /// The peak is that of the connections from now on, and nothing is aborted.
    void reset();
    server_counters counters();
    /// As soon as nobody else is connected: the server notices a goodbye a moment after
    /// it was said. After 5 s as it is.
    server_counters counters_when_quiet();

private:
    struct connection;
    std::unique_ptr<connection> connection_;
};

} // namespace ladder::five_hundred_databases
