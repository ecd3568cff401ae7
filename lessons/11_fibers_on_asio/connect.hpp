#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <functional>
#include <vector>

namespace ladder::fibers_on_asio {

/// How long an address may be silent before the next one is tried as well (RFC 8305 §8).
inline constexpr std::chrono::milliseconds next_address_after{250};

/// Opens a socket for an address; what it returns is the failure of that address.
using open_socket = std::function<boost::system::error_code(
    boost::asio::ip::tcp::socket&, const boost::asio::ip::tcp::endpoint&)>;

/// Connects `socket` to one of the addresses of a host: in their order, but with IPv6 and
/// IPv4 by turns; the next one is tried when one fails or stays silent for a while, and
/// the first one to answer wins (RFC 8305, "happy eyeballs"). Only the calling fiber
/// waits, until the deadline. Returns the last failure when nobody answers.
boost::system::error_code
connect_to_first(boost::asio::ip::tcp::socket& socket,
                 const std::vector<boost::asio::ip::tcp::endpoint>& addresses,
                 std::chrono::steady_clock::time_point deadline,
                 const open_socket& open = {});

} // namespace ladder::fibers_on_asio
