#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace ladder {

/// The parts of an absolute `http://` or `https://` URL that a client needs.
struct http_url {
    std::string host;   ///< A name, or an IPv4 or IPv6 address without brackets.
    std::string port;   ///< In decimal; "80" or "443" when the URL has none.
    std::string target; ///< Path and query, percent-encoded; never empty.
    std::string zone{}; ///< Of a link-local IPv6 address: which of this machine's links.
    std::string credentials{}; ///< "user:password", decoded; empty: none.
    bool secure = false;       ///< `https`.

    /// Host and port as the `Host` header writes them (RFC 9110 §7.2). A zone means
    /// nothing to another machine, and stays here (RFC 6874 §4).
    std::string authority() const;
    /// Whom to connect to, as getaddrinfo(3) takes it: the host, with its zone.
    std::string node() const { return zone.empty() ? host : host + '%' + zone; }
    /// What two URLs have in common that may share a connection.
    std::string origin() const;
};

/// Whether their `origin` is the same.
bool same_origin(const http_url& a, const http_url& b) noexcept;

/// Which URLs are asked for; any other is `not_http`.
enum class schemes { http_only, also_https };

/// Takes a URL apart (RFC 3986). What may not stand in it as it is, such as a blank or a
/// letter with an accent, is percent-encoded in the path, the query and the user's name;
/// what is encoded already stays as it is. Control characters, and others than ASCII in
/// the host, make it a `bad_url`, so none of them ever reaches a request.
http_url parse_url(std::string_view text, std::error_code& error,
                   schemes allowed = schemes::http_only);

/// The URL, absolute or relative, with what may not stand in it encoded; without its
/// fragment.
std::string repaired_url(std::string_view text);

/// Where a relative URL leads from `base` (RFC 3986 §5.2), both repaired.
std::string resolved_url(std::string_view base, std::string_view reference);

/// The URL as others may see it: with `***` in place of a password. Also when it is no
/// valid URL: what could be a password is none of anybody's business.
std::string shown_url(std::string_view text);

} // namespace ladder
