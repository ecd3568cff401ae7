#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace ladder {

/// What a slow server saw since it started or since its counters were reset.
struct server_stats {
    std::uint64_t requests = 0;
    std::uint64_t peak_in_flight = 0; ///< Requests being answered at the same time.
    std::uint64_t in_flight = 0;
    std::uint64_t connections = 0;                   ///< Accepted.
    std::uint64_t open_connections = 0;              ///< Not closed yet.
    std::map<std::string, std::uint64_t> per_target; ///< Requests by path and query.
};

/// Runs the program `slow_server` in a process of its own, on a free port of the
/// loopback interface, for as long as this object lives. The server ends by itself when
/// its owner dies, however that happens. What it can be asked for:
/// `build/bin/slow_server --help`.
///
/// The constructor returns when the server is ready; it and the members throw
/// `std::system_error` or `std::runtime_error` when the server cannot be started or
/// reached. One thread at a time. In a forked child, the copy of this object may ask for
/// `url()` and `stats()`; only the process that made it ends the server.
class slow_server {
public:
    slow_server();
    ~slow_server();
    slow_server(const slow_server&) = delete;
    slow_server& operator=(const slow_server&) = delete;

    /// The URL of a target, e.g. `url("/delay/100")`.
    std::string url(std::string_view target) const;
    /// The URLs of the first `count` pages, for each of which it takes `delay`.
    std::vector<std::string>
    pages(std::size_t count,
          std::chrono::milliseconds delay = std::chrono::milliseconds{100}) const;

    std::uint16_t port() const noexcept { return port_; }

    pid_t pid() const noexcept { return pid_; }

    server_stats stats() const;
    /// Sets the counters back, but for what is in flight or open; `/flaky` and
    /// `/retry-after` count from the beginning again.
    void reset_stats() const;

    /// The body of `/page/N`: deterministic, so that what was fetched can be checked.
    static std::string page_body(std::uint64_t number);
    /// The body of `/bytes/N` and of `/chunked/N`.
    static std::string bytes_body(std::uint64_t size);
    /// Any such body from `offset` on: at least one byte, at most 65,521.
    static std::string_view bytes_at(std::uint64_t offset);

private:
    void wait_until_ready(int output);
    void stop() noexcept;

    pid_t owner_;
    pid_t pid_ = -1;
    int life_line_ = -1; ///< The server's standard input; it ends when this closes.
    std::uint16_t port_ = 0;
};

} // namespace ladder
