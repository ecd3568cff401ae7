#pragma once

#include "speed_watch.hpp"
#include "tls.hpp"
#include "workbench/http_exchange.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ladder::fetcher {

using boost::asio::ip::tcp;

/// A connection to a server, in the clear or secured. Its calls wait, at the longest
/// until the deadline; but only the calling fiber waits.
class connection {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// Of any kind of stream.
    using stream = boost::asio::generic::stream_protocol::socket;

    explicit connection(stream connected) : socket_(std::move(connected)) {}

    /// From now on it is secured; a second time, with whom a secured proxy leads to,
    /// inside of that. `detail` is more about an error.
    std::error_code secure(tls_context& context, const http_url& url, time_point deadline,
                           std::string& detail);

    /// Sends the request and receives the answer. One that is slower than `least` is
    /// `http_error::too_slow`.
    std::error_code carry(http_exchange& exchange, time_point deadline,
                          const minimum_speed& least = {});

    /// When the last answer began; only if one has.
    time_point first_byte() const noexcept { return first_byte_; }

    /// In the clear, before anything else: all of the bytes; so many of them.
    std::error_code send(std::string_view bytes, time_point deadline);
    std::error_code receive(std::string& bytes, std::size_t size, time_point deadline);

    /// Nothing came in that nobody asked for; see `ladder::is_quiet`.
    bool is_quiet();

    stream& socket() noexcept { return socket_; }

    bool resumed() const { return tls_ && tls_->resumed(); }

private:
    std::error_code carry_in_the_clear(http_exchange& exchange, time_point deadline,
                                       speed_watch& speed);
    template <class Sender>
    std::error_code send_until_answered(Sender& from, time_point deadline);
    std::error_code send_secured(time_point deadline);
    tls_session& to_wire();
    std::error_code receive_secured(time_point deadline, bool& ended,
                                    speed_watch* speed = nullptr);
    std::error_code take_secured(std::string_view bytes, bool& ended);
    std::error_code came(std::size_t size, time_point deadline, speed_watch& speed,
                         boost::system::error_code e);

    stream socket_;
    std::unique_ptr<tls_session> tls_;   ///< None: in the clear.
    std::unique_ptr<tls_session> outer_; ///< With a proxy, when `tls_` is inside of it.
    time_point first_byte_{};
};

} // namespace ladder::fetcher
