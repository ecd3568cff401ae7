#include "http_exchange.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace ladder {

namespace {

class http_error_category : public std::error_category {
public:
    const char* name() const noexcept override { return "http"; }

    std::string message(int value) const override {
        switch (static_cast<http_error>(value)) {
        case http_error::bad_url:
            return "not a valid absolute URL";
        case http_error::not_http:
            return "not an http:// URL";
        case http_error::host_not_found:
            return "the host's name has no address";
        case http_error::truncated:
            return "the connection ended before the answer did";
        case http_error::malformed:
            return "the answer is not valid HTTP";
        case http_error::header_too_large:
            return "the answer's header is too large";
        case http_error::body_too_large:
            return "the answer's body is too large";
        }
        return "unknown HTTP error";
    }
};

} // namespace

const std::error_category& http_category() noexcept {
    static const http_error_category category;
    return category;
}

std::error_code make_error_code(http_error error) noexcept {
    return {static_cast<int>(error), http_category()};
}

std::string http_url::authority() const {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    std::string text = is_ipv6 ? '[' + host + ']' : host;
    if (port != "80") text += ':' + port;
    return text;
}

http_url parse_url(std::string_view text, std::error_code& error) {
    error = {};
    const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
    if (!parsed || !parsed->has_authority() || parsed->host_address().empty()) {
        error = http_error::bad_url;
        return {};
    }
    if (parsed->scheme_id() != boost::urls::scheme::http) {
        error = http_error::not_http;
        return {};
    }
    http_url url{.host = parsed->host_address(),
                 .port = std::string{parsed->port()},
                 .target = std::string{parsed->encoded_target()}};
    if (url.port.empty()) url.port = "80";
    if (url.target.empty() || url.target.front() != '/') url.target.insert(0, "/");

    const bool port_is_valid =
        !parsed->has_port() || parsed->port().empty() || parsed->port_number() != 0;
    const auto is_control = [](unsigned char c) { return c <= ' ' || c == 0x7f; };
    if (!port_is_valid || std::ranges::any_of(url.host, is_control))
        error = http_error::bad_url;
    return url;
}

} // namespace ladder
