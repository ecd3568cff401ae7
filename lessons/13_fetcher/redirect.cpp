#include "redirect.hpp"

#include "international_host.hpp"
#include "workbench/http_exchange.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ladder::fetcher {

std::error_code begin(hop& h) {
    std::error_code no_host, error;
    const auto is_plain = [](unsigned char c) { return c < 0x80 && c != '%'; };
    if (std::ranges::all_of(h.url, is_plain))
        h.to = parse_url(h.url, error, schemes::also_https);
    else
        h.to = parse_url(with_ascii_host(h.url, no_host), error, schemes::also_https);
    h.origin = h.to.origin();
    return no_host ? no_host : error;
}

bool is_redirect(int status, std::string_view location) noexcept {
    static constexpr std::array redirects{301, 302, 303, 307, 308};
    return !location.empty() && std::ranges::find(redirects, status) != redirects.end();
}

std::error_code follow(hop& h, int status, std::string_view location,
                       bool insecure_allowed) {
    const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
    std::error_code no_host;
    const std::string where = repaired_url(with_ascii_host(location, no_host));
    const std::string base = repaired_url(with_ascii_host(h.url, no_host));
    hop next{.url = resolved_url(base, where),
             .request = h.request,
             .method = h.method,
             .with_body = h.with_body,
             .with_secrets = h.with_secrets};
    if (no_host || std::ranges::any_of(location, is_control))
        return http_error::bad_redirect;
    if (begin(next)) return http_error::bad_redirect;
    if (h.to.secure && !next.to.secure && !insecure_allowed)
        return http_error::insecure_redirect;
    const bool same_host = next.origin == h.origin;
    next.with_secrets &= same_host;
    if (same_host && next.to.credentials.empty()) next.to.credentials = h.to.credentials;
    // RFC 9110 §15.4.2 to 4: what every client does.
    const bool get =
        (status == 303 && h.method != "HEAD") || (status < 303 && h.method == "POST");
    if (get) {
        next.method = "GET";
        next.with_body = false;
    }
    // RFC 9110 §10.2.2: a fragment goes along, unless there is a new one.
    const auto fragment =
        location.find('#') != std::string_view::npos
            ? location.substr(location.find('#'))
            : std::string_view{h.url}.substr(std::min(h.url.find('#'), h.url.size()));
    next.url += fragment;
    h = std::move(next);
    return {};
}

} // namespace ladder::fetcher
