#include "socks.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ladder::fetcher {

namespace ip = boost::asio::ip;

namespace {

constexpr char socks_version = 5;
constexpr char no_password = 0;
constexpr char with_password = 2;
constexpr char nothing_fits = '\xff';
constexpr char connect_command = 1;
constexpr char of_ipv4 = 1, of_name = 3, of_ipv6 = 4;
constexpr std::size_t longest = 255; // bytes of a name, a user or a password

constexpr std::array reasons{"", // RFC 1928 §6
                             "general failure",
                             "not allowed",
                             "network unreachable",
                             "host unreachable",
                             "connection refused",
                             "time to live expired",
                             "it cannot connect",
                             "it does not know such addresses"};

void append_text(std::string& to, const std::string& text) {
    to += static_cast<char>(text.size());
    to += text;
}

void append_address(std::string& to, const auto& bytes) {
    for (const unsigned char byte : bytes)
        to += static_cast<char>(byte);
}

} // namespace

socks_handshake::socks_handshake(std::string host, std::uint16_t port,
                                 std::string_view credentials)
    : host_(std::move(host)),
      port_(port),
      user_(credentials.substr(0, credentials.find(':'))),
      password_(credentials.substr(std::min(user_.size() + 1, credentials.size()))) {
    if (host_.size() > longest || user_.size() > longest || password_.size() > longest)
        fail("a name or a password is too long for it");
    if (!error_.empty()) return;
    to_send_ = {socks_version, 1, no_password};
    if (!credentials.empty()) to_send_ = {socks_version, 2, no_password, with_password};
}

void socks_handshake::received(std::string_view bytes) {
    const char first = bytes[0], second = bytes[1];
    if ((step_ == step::method || step_ == step::reply) && first != socks_version)
        return fail("it does not speak SOCKS5");
    switch (step_) {
    case step::method:
        if (second == no_password) return ask_for_host();
        if (second == nothing_fits || second != with_password || user_.empty())
            return fail("it wants another kind of authorization");
        to_send_ = {1};
        append_text(to_send_, user_);
        append_text(to_send_, password_);
        step_ = step::password;
        return;
    case step::password:
        return second == 0 ? ask_for_host() : fail("it refuses the password");
    case step::reply:
        if (const auto why = static_cast<std::size_t>(static_cast<unsigned char>(second));
            why != 0)
            return fail(why < reasons.size() ? reasons[why] : "it cannot connect");
        if (bytes[3] != of_ipv4 && bytes[3] != of_ipv6 && bytes[3] != of_name)
            return fail("it does not speak SOCKS5");
        // Then the address from which it connects; the first byte is here already.
        step_ = step::bound_address;
        needs_ = bytes[3] == of_ipv4   ? 3 + 2U
                 : bytes[3] == of_ipv6 ? 15 + 2U
                                       : static_cast<unsigned char>(bytes[4]) + 2U;
        return;
    case step::bound_address:
        needs_ = 0;
    }
}

void socks_handshake::ask_for_host() {
    to_send_ = {socks_version, connect_command, 0};
    boost::system::error_code no_address;
    const auto address = ip::make_address(host_, no_address);
    if (no_address) {
        to_send_ += of_name;
        append_text(to_send_, host_);
    } else if (address.is_v4()) {
        to_send_ += of_ipv4;
        append_address(to_send_, address.to_v4().to_bytes());
    } else {
        to_send_ += of_ipv6;
        append_address(to_send_, address.to_v6().to_bytes());
    }
    to_send_ += static_cast<char>(port_ >> 8);
    to_send_ += static_cast<char>(port_ & 0xff);
    step_ = step::reply;
    needs_ = 5; // also the first byte of the address
}

void socks_handshake::fail(std::string error) {
    error_ = fmt::format("the SOCKS proxy: {}", error);
    needs_ = 0;
    to_send_.clear();
}

} // namespace ladder::fetcher
