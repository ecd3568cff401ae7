#pragma once

#include "connections.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/resolver.hpp"
#include "protocol.hpp"
#include "route.hpp"
#include "tls.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace ladder::fetcher {

bool out_of_descriptors(const std::error_code& e);
/// When there are none left.
inline constexpr std::chrono::milliseconds descriptor_pause{20};

/// Since the request began.
std::chrono::microseconds since(const outcome& o, connection::time_point when);

/// Makes connections, for as many fibers of one thread as call it: looks names up, goes
/// by way of a proxy when there is one, and secures them.
class connector {
public:
    using time_point = connection::time_point;

    /// The others must live as long as this. Throws std::invalid_argument.
    connector(fibers_on_asio::event_loop& loop, const worker_settings& settings,
              idle_connections& idle);

    route way_to(const http_url& url) const { return router_.find(url); }

    /// What an HTTP proxy that carries plain pages wants with each request.
    const std::string& proxy_headers(const route& way) const {
        return router_.proxy_headers(*way.proxy);
    }

    /// Nothing, and the error in the outcome, when there is none by the deadline. That
    /// moves on while others are looked up, but not beyond the `end`.
    std::optional<connection> connect(const route& way, const http_url& url,
                                      time_point& deadline, time_point end, outcome& o);

private:
    using addresses = std::vector<boost::asio::ip::tcp::endpoint>;

    addresses find_addresses(const route& way, time_point& deadline, time_point end,
                             outcome& o);
    std::optional<connection> connect_to_file(time_point until, outcome& o);
    boost::system::error_code open(boost::asio::ip::tcp::socket& socket,
                                   const boost::asio::ip::tcp::endpoint& address,
                                   time_point deadline);
    std::error_code secure(connection& c, const http_url& with, time_point until,
                           std::string& detail);
    std::error_code pass_proxy(connection& c, const route& way, time_point until,
                               outcome& o);
    std::error_code open_tunnel(connection& c, const route& way, time_point until,
                                outcome& o);

    fibers_on_asio::event_loop& loop_;
    const worker_settings& settings_;
    idle_connections& idle_;
    fibers_on_asio::resolver names_;
    router router_;
    std::optional<tls_context> tls_; ///< Made for the first page that needs it.
};

} // namespace ladder::fetcher
