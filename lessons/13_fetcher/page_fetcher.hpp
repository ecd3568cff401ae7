#pragma once

#include "connections.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/resolver.hpp"
#include "page_file.hpp"
#include "processes/unique_fd.hpp"
#include "protocol.hpp"
#include "sha256.hpp"
#include "statistics.hpp"
#include "task.hpp"

#include <chrono>
#include <optional>
#include <system_error>

namespace ladder::fetcher {

/// What came of a task, and the page in it, if there is one to save.
struct fetched {
    outcome o;
    std::optional<page_file> page;
};

/// Fetches pages, for as many fibers of one thread as call it, and holds what they share:
/// connections that are kept alive, addresses, the folder. Each call waits, and may be
/// one of many that do; but between two waits a fiber has these to itself.
class page_fetcher {
public:
    /// The others must live as long as this. Throws std::system_error when there is a
    /// folder in the settings and it cannot be opened.
    page_fetcher(fibers_on_asio::event_loop& loop, const worker_settings& settings,
                 worker_statistics& statistics);

    /// One page, with all attempts that it takes. `hash` is only used meanwhile; it is
    /// the caller's because making one is expensive.
    fetched fetch(const task& what, sha256& hash);

    /// Saves its page, and completes the outcome.
    void save(fetched& f);

private:
    using time_point = std::chrono::steady_clock::time_point;

    void attempt(const task& t, const http_url& url, sha256& hash, fetched& f);
    bool exchange_on(tcp::socket& socket, const task& t, const http_url& url,
                     time_point deadline, sha256& hash, fetched& f);
    void connect(tcp::socket& socket, const http_url& url, time_point& deadline,
                 std::error_code& error);
    boost::system::error_code open(tcp::socket& socket, const tcp::endpoint& address,
                                   time_point deadline);

    fibers_on_asio::event_loop& loop_;
    const worker_settings& settings_;
    worker_statistics& statistics_;
    processes::unique_fd folder_;
    idle_connections idle_connections_;
    fibers_on_asio::resolver names_;
};

} // namespace ladder::fetcher
