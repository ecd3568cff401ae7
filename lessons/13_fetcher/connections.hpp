#pragma once

#include "http_exchange.hpp"
#include "yield.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/fiber/condition_variable.hpp>

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <unordered_map>
#include <vector>

namespace ladder::fetcher {

using boost::asio::ip::tcp;
using time_point = std::chrono::steady_clock::time_point;

/// Connections that carried an answer and may carry another one, by host and port
/// (keep-alive, RFC 9112 §9.3). Holds at most `limit` of them and closes the one that is
/// idle for the longest when there would be more.
class idle_connections {
public:
    explicit idle_connections(std::size_t limit) : limit_(limit) {}

    /// The most recently used one of that host, if any. The other side may have closed
    /// it meanwhile.
    std::optional<tcp::socket> take(const std::string& authority);
    void put(const std::string& authority, tcp::socket socket);
    bool close_oldest(); ///< False when there is none.

private:
    struct entry {
        std::string authority;
        tcp::socket socket;
    };

    std::size_t limit_;
    std::list<entry> idle_; ///< The most recently used one is at the front.
    /// Each host's, the most recently used one at the back; none is empty.
    std::unordered_map<std::string, std::deque<std::list<entry>::iterator>> by_authority_;
};

/// The addresses of hosts. An address literal costs nothing; a name is looked up once
/// and remembered, and whoever asks meanwhile waits for the same lookup, but no longer
/// than its own deadline.
class host_addresses {
public:
    explicit host_addresses(boost::asio::io_context& io) : resolver_(io) {}

    std::vector<tcp::endpoint> find(const http_url& url, time_point deadline,
                                    std::error_code& error);

private:
    static constexpr std::size_t remembered_limit = 10'000; ///< Hosts.

    struct lookup {
        bool done = false;
        std::vector<tcp::endpoint> found;
        boost::fibers::condition_variable_any finished;
    };

    std::shared_ptr<lookup> start(const http_url& url);

    tcp::resolver resolver_;
    std::unordered_map<std::string, std::shared_ptr<lookup>> lookups_;
};

} // namespace ladder::fetcher
