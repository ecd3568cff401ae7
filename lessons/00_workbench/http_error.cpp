#include "http_exchange.hpp"
#include "http_url.hpp"

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
        case http_error::bad_redirect:
            return "redirected to what is no page of the web";
        case http_error::insecure_redirect:
            return "redirected from https to http";
        case http_error::redirect_loop:
            return "redirected in a circle";
        case http_error::too_many_redirects:
            return "redirected too many times";
        case http_error::proxy_refused:
            return "the proxy does not connect us";
        case http_error::bad_compression:
            return "the compressed page is cut or broken";
        case http_error::too_slow:
            return "the answer came too slowly";
        case http_error::host_closed:
            return "not asked: the server wants to be left alone for a long time";
        case http_error::robots_disallow:
            return "not asked: robots.txt does not allow it";
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

} // namespace ladder
