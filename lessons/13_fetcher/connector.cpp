#include "connector.hpp"

#include "fibers_on_asio/connect.hpp"
#include "fibers_on_asio/yield.hpp"
#include "socks.hpp"
#include "workbench/http_exchange.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/fiber/operations.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <utility>

#include <sys/socket.h>

namespace ladder::fetcher {

using boost::asio::ip::tcp;
using boost::system::error_code;
using fibers_on_asio::connect_to_first;
using fibers_on_asio::event_loop;
using fibers_on_asio::yield;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
namespace local = boost::asio::local;

namespace {

std::uint16_t to_port(const std::string& text) {
    std::uint16_t port = 0;
    std::from_chars(text.data(), text.data() + text.size(), port);
    return port;
}

/// Which of this machine's links or addresses the connection goes out by.
error_code bind_to(tcp::socket& socket, const tcp::endpoint& to,
                   const std::string& where) {
    if (where.empty()) return {};
    error_code e;
    const auto address = boost::asio::ip::make_address(where, e);
    if (!e && address.is_v4() != to.address().is_v4())
        return make_error_code(boost::system::errc::address_family_not_supported);
    if (!e) {
        socket.bind({address, 0}, e);
        return e;
    }
    if (::setsockopt(socket.native_handle(), SOL_SOCKET, SO_BINDTODEVICE, where.c_str(),
                     static_cast<socklen_t>(where.size())) == 0)
        return {};
    return {errno, boost::system::system_category()};
}

} // namespace

bool out_of_descriptors(const std::error_code& e) {
    return e == std::errc::too_many_files_open ||
           e == std::errc::too_many_files_open_in_system;
}

std::chrono::microseconds since(const outcome& o, connection::time_point when) {
    using std::chrono::duration_cast, std::chrono::microseconds;
    return duration_cast<microseconds>(when.time_since_epoch()) - o.times.began;
}

connector::connector(event_loop& loop, const worker_settings& settings,
                     idle_connections& idle)
    : loop_(loop),
      settings_(settings),
      idle_(idle),
      names_(loop.context()),
      router_(settings.route) {}

std::optional<connection> connector::connect(const route& way, const http_url& url,
                                             time_point& deadline, time_point end,
                                             outcome& o) {
    const auto most = [&] { // a page may have less time than a connection
        return std::min(deadline, steady_clock::now() + settings_.connect_timeout);
    };
    std::optional<connection> fresh;
    time_point until = most();
    if (way.how == route::by::unix_socket) {
        fresh = connect_to_file(until, o);
    } else {
        const auto found = find_addresses(way, deadline, end, o);
        if (o.error) return {};
        o.times.found = since(o, steady_clock::now());
        until = most();
        tcp::socket socket{loop_.context()};
        o.error = connect_to_first(socket, found, until,
                                   [&](tcp::socket& s, const tcp::endpoint& address) {
                                       return open(s, address, until);
                                   });
        error_code e;
        if (!o.error) socket.non_blocking(true, e);
        if (!o.error) fresh.emplace(std::move(socket));
    }
    if (o.error) return {};
    o.times.connected = since(o, steady_clock::now());
    o.error = pass_proxy(*fresh, way, until, o);
    if (!o.error && url.secure) o.error = secure(*fresh, url, until, o.detail);
    if (o.error) return {};
    if (url.secure) o.times.secured = since(o, steady_clock::now());
    return fresh;
}

/// Of the host, or of the proxy.
connector::addresses connector::find_addresses(const route& way, time_point& deadline,
                                               time_point end, outcome& o) {
    http_url who{.host = way.host, .port = way.port, .target = {}};
    if (way.proxy) who = way.proxy->at;
    addresses found;
    for (const std::string& known : router_.addresses(who.host, who.port))
        found.emplace_back(boost::asio::ip::make_address(known), to_port(who.port));
    if (found.empty()) {
        time_point::duration waited{};
        const auto until =
            std::min(deadline, steady_clock::now() + settings_.connect_timeout);
        found = names_.find(who, until, o.error, &waited, end);
        deadline = std::min(deadline + waited, end); // for others, who were first
    }
    const route_settings& how = settings_.route;
    std::erase_if(found, [&](const tcp::endpoint& one) {
        return one.address().is_v4() ? how.only_ipv6 : how.only_ipv4;
    });
    if (!o.error && found.empty()) o.error = http_error::host_not_found;
    return found;
}

std::optional<connection> connector::connect_to_file(time_point until, outcome& o) {
    local::stream_protocol::socket socket{loop_.context()};
    error_code e;
    socket.async_connect(settings_.route.unix_socket, yield.until(until)[e]);
    o.error = e;
    if (e) return {};
    socket.non_blocking(true, e);
    return connection{std::move(socket)};
}

error_code connector::open(tcp::socket& socket, const tcp::endpoint& address,
                           time_point deadline) {
    error_code e;
    while (socket.open(address.protocol(), e), out_of_descriptors(e)) {
        if (idle_.close_oldest()) continue;
        if (steady_clock::now() >= deadline) break;
        boost::this_fiber::sleep_for(descriptor_pause);
    }
    return e ? e : bind_to(socket, address, settings_.route.interface);
}

std::error_code connector::secure(connection& c, const http_url& with, time_point until,
                                  std::string& detail) {
    if (!tls_) tls_.emplace(settings_.request.certificates, settings_.request.insecure);
    return c.secure(*tls_, with, until, detail);
}

// [pass_proxy]
std::error_code connector::pass_proxy(connection& c, const route& way, time_point until,
                                      outcome& o) {
    if (way.proxy && way.proxy->at.secure) {
        if (const auto e = secure(c, way.proxy->at, until, o.detail)) {
            if (!o.detail.empty()) o.detail.insert(0, "the proxy: ");
            return e;
        }
    }
    if (way.how == route::by::tunnel) return open_tunnel(c, way, until, o);
    if (way.how != route::by::socks_proxy) return {};
    socks_handshake handshake{way.host, to_port(way.port), way.proxy->at.credentials};
    std::string bytes;
    std::error_code e;
    while (!e && handshake.needs() > 0) {
        e = c.send(handshake.to_send(), until);
        handshake.sent();
        if (!e) e = c.receive(bytes, handshake.needs(), until);
        if (!e) handshake.received(bytes);
    }
    if (e || handshake.error().empty()) return e;
    o.detail = handshake.error();
    return http_error::proxy_refused;
}

// [/pass_proxy]

std::error_code connector::open_tunnel(connection& c, const route& way, time_point until,
                                       outcome& o) {
    const std::string host = way.host.substr(0, way.host.find('%')); // no zone
    const bool is_ipv6 = host.find(':') != std::string::npos;
    const std::string to = is_ipv6 ? fmt::format("[{}]:{}", host, way.port)
                                   : fmt::format("{}:{}", host, way.port);
    const std::string headers =
        fmt::format("Host: {}\r\nAccept:\r\n{}", to, router_.proxy_headers(*way.proxy));
    http_exchange exchange{
        {.host = way.host, .port = way.port, .target = to},
        {.user_agent = settings_.user_agent, .method = "CONNECT", .headers = headers}};
    if (const auto e = c.carry(exchange, until)) return e;
    if (exchange.error()) return exchange.error();
    if (exchange.status() / 100 == 2) return {};
    o.detail = fmt::format("the proxy does not connect us: status {}", exchange.status());
    return http_error::proxy_refused;
}

} // namespace ladder::fetcher
