#pragma once

#include "workbench/http_exchange.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <memory>
#include <system_error>
#include <vector>

namespace ladder::fibers_on_asio {

/// The addresses of hosts, for all fibers of one event loop. An address literal costs
/// nothing; a name is looked up once and remembered, and whoever asks meanwhile waits for
/// the same lookup, but no longer than until its own deadline.
///
/// Asio looks names up with getaddrinfo(3), in a thread of its own, one at a time. That
/// cannot be cancelled, so a lookup keeps what it needs alive by itself, and may outlive
/// this object; but not the loop, whose end waits for it.
class resolver {
public:
    using endpoint = boost::asio::ip::tcp::endpoint;
    using time_point = std::chrono::steady_clock::time_point;

    explicit resolver(boost::asio::io_context& io);

    /// In a fiber. Nothing and an error when nobody knows the host (`host_not_found`), or
    /// not by the deadline (`timed_out`).
    std::vector<endpoint> find(const http_url& url, time_point deadline,
                               std::error_code& error);

private:
    struct names;

    std::shared_ptr<names> names_;
};

} // namespace ladder::fibers_on_asio
