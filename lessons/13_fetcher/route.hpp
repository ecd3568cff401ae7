#pragma once

#include "route_settings.hpp"
#include "workbench/http_url.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ladder::fetcher {

/// A proxy, as the user names it: http://user:password@host:port, https:// when the way
/// to the proxy is secured itself, or socks5://.
struct proxy_server {
    bool socks = false;
    http_url at{}; ///< Its host, port and credentials.
};

/// Throws std::invalid_argument, without the text: there may be a password in it.
proxy_server read_proxy(std::string_view text);

/// A way to a server.
struct route {
    enum class by : char {
        itself,      ///< To the host.
        http_proxy,  ///< Which is asked for pages: http.
        tunnel,      ///< Through such a proxy: https (CONNECT, RFC 9110 §9.3.6).
        socks_proxy, ///< RFC 1928; it looks the name up, too.
        unix_socket,
    };

    by how = by::itself;
    const proxy_server* proxy = nullptr; ///< When there is one.
    std::string host{};                  ///< With whom to connect at last.
    std::string port{};
    /// What two URLs have in common that may share a connection. Secured ones are for one
    /// host alone; others are for all that are reached in the same way.
    std::string key{};
};

/// Knows the way to each server. It neither reads nor writes.
class router {
public:
    /// Throws std::invalid_argument.
    explicit router(const route_settings& settings);

    /// Valid as long as the router.
    route find(const http_url& to) const;

    /// What to send to an HTTP proxy with each request, or with CONNECT: lines with CR
    /// LF.
    const std::string& proxy_headers(const proxy_server& proxy) const;

    /// The addresses that the user said the host has, as texts; none: ask for them.
    std::vector<std::string> addresses(const std::string& host,
                                       const std::string& port) const;

private:
    struct replacement {
        std::string host, port, to_host, to_port; ///< Empty: any, or the same.
    };

    struct known_host {
        std::string host, port;
        std::vector<std::string> addresses;
    };

    const proxy_server* proxy_for(const http_url& to) const;
    void read_connect_to(std::string_view line);
    void read_resolve(std::string_view line);

    std::optional<proxy_server> for_http_, for_https_;
    std::string http_headers_, https_headers_;
    std::string no_proxy_;
    std::vector<replacement> connect_to_;
    std::vector<known_host> known_;
    bool by_unix_socket_;
};

/// Is the host in a list like "localhost,.example.com,10.0.0.0/8,[::1]:80,*"? A name
/// stands for all in its domain.
bool is_listed(const http_url& to, std::string_view no_proxy);

} // namespace ladder::fetcher
