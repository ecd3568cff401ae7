#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ladder::fetcher {

/// The client's side of a SOCKS5 connection up to where the other host answers, without
/// any I/O (RFC 1928, RFC 1929). The proxy gets the name and looks it up itself.
class socks_handshake {
public:
    /// `credentials` are "user:password"; empty: none.
    socks_handshake(std::string host, std::uint16_t port, std::string_view credentials);

    std::string_view to_send() const noexcept { return to_send_; }

    void sent() noexcept { to_send_.clear(); }

    /// How many bytes must come next; 0: it is done, or there is an error.
    std::size_t needs() const noexcept { return needs_; }

    void received(std::string_view bytes); ///< So many.

    /// What is wrong; empty: nothing.
    const std::string& error() const noexcept { return error_; }

private:
    enum class step : char { method, password, reply, bound_address };

    void ask_for_host();
    void fail(std::string error);

    std::string host_;
    std::uint16_t port_;
    std::string user_, password_;
    std::string to_send_;
    std::size_t needs_ = 2;
    step step_ = step::method;
    std::string error_;
};

} // namespace ladder::fetcher
