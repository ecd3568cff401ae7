#pragma once

#include "workbench/http_url.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <memory>
#include <system_error>
#include <vector>

namespace ladder::fibers_on_asio {

/// The addresses of hosts, for all fibers of one event loop. An address literal costs
/// nothing; a name is looked up once and remembered, and whoever asks meanwhile waits for
/// the same lookup, but no longer than until its own deadline. What ends in ".localhost"
/// is this machine.
///
/// Names are looked up with getaddrinfo(3), which blocks, in threads that begin when they
/// are needed: a name that nobody answers for keeps its thread for many seconds, and the
/// other names need others. When all threads are busy, names wait for their turn, and
/// that is nobody's fault: the time until then does not count.
///
/// Of the loop's thread. The destructor waits for the lookups that are under way, which
/// cannot be cancelled, and forgets the others; end it before the loop.
class resolver {
public:
    using endpoint = boost::asio::ip::tcp::endpoint;
    using clock = std::chrono::steady_clock;

    static constexpr std::size_t most_threads = 16;

    explicit resolver(boost::asio::io_context& io);
    ~resolver();
    resolver(const resolver&) = delete;
    resolver& operator=(const resolver&) = delete;

    /// In a fiber. Nothing and an error when nobody knows the host (`host_not_found`), or
    /// not by the deadline (`timed_out`), which moves on while the name waits for a
    /// thread, but never beyond the `end`; `waited`, unless it is null, is how long that
    /// was.
    std::vector<endpoint> find(const http_url& url, clock::time_point deadline,
                               std::error_code& error, clock::duration* waited = nullptr,
                               clock::time_point end = clock::time_point::max());

private:
    struct names;

    std::shared_ptr<names> names_;
};

} // namespace ladder::fibers_on_asio
