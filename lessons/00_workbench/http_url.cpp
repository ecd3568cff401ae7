#include "http_url.hpp"

#include "http_exchange.hpp"
#include "text.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace ladder {

namespace {

constexpr auto npos = std::string_view::npos;

/// Letters, digits, and these.
class characters {
public:
    constexpr explicit characters(std::string_view others) {
        for (const char c : others)
            is_in_[static_cast<unsigned char>(c)] = true;
        for (unsigned c = 0; c < 128; ++c)
            is_in_[c] |=
                (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    }

    constexpr bool has(char c) const { return is_in_[static_cast<unsigned char>(c)]; }

    bool has_all(std::string_view text) const {
        return std::ranges::all_of(text, [this](char c) { return has(c); });
    }

private:
    std::array<bool, 256> is_in_{};
};

// RFC 3986, appendix A.
constexpr characters in_host{"-._~!$&'()*+,;="};
constexpr characters in_address{"-._~!$&'()*+,;=:"};
constexpr characters in_user{"-._~!$&'()*+,;=:"};
constexpr characters in_path{"-._~!$&'()*+,;=:@/"};
constexpr characters in_query{"-._~!$&'()*+,;=:@/?"};
constexpr characters plain{"-._~:/?&=+,;"}; // wherever they stand

/// Encodes what is not allowed, but for what is encoded already.
void append_encoded(std::string& out, std::string_view text, const characters& allowed) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto is_hex = [&](std::size_t i) {
        return i < text.size() && std::isxdigit(static_cast<unsigned char>(text[i])) != 0;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (allowed.has(text[i]) || (c == '%' && is_hex(i + 1) && is_hex(i + 2)))
            out += text[i];
        else
            ((out += '%') += digits[c / 16]) += digits[c % 16];
    }
}

/// RFC 3986 §3.1.
bool is_scheme(std::string_view text) {
    return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
           std::ranges::all_of(text, [](unsigned char c) {
               return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
           });
}

/// "user:password@", "host:port" and the rest, as they stand in the URL.
struct pieces {
    std::string_view scheme; ///< With "://", or "//"; empty when there is none.
    std::string_view user;   ///< With "@".
    std::string_view host;   ///< With the port.
    std::string_view path;
    std::string_view query; ///< With "?".
};

pieces cut_url(std::string_view text) {
    pieces p;
    text = text.substr(0, text.find('#'));
    const auto take = [&](std::size_t size) {
        const auto taken = text.substr(0, size);
        text.remove_prefix(taken.size());
        return taken;
    };
    const std::size_t scheme = text.find("://");
    if (scheme != npos && is_scheme(text.substr(0, scheme)))
        p.scheme = take(scheme + 3);
    else if (text.starts_with("//"))
        p.scheme = take(2);
    const auto authority =
        text.substr(0, p.scheme.empty() ? 0 : text.find_first_of("/?"));
    p.user = take(authority.rfind('@') + 1); // npos + 1 is 0
    p.host = take(authority.size() - p.user.size());
    p.path = take(std::min(text.find('?'), text.size()));
    p.query = text;
    return p;
}

/// The URL as RFC 3986 and RFC 6874 want it; what cannot be repaired stays as it is.
std::string repaired(const pieces& p) {
    std::string url{p.scheme};
    if (!p.user.empty())
        append_encoded(url, p.user.substr(0, p.user.size() - 1), in_user);
    if (!p.user.empty()) url += '@';
    const std::size_t zone = p.host.starts_with('[') ? p.host.find('%') : npos;
    url += p.host.substr(0, zone);
    if (zone != npos)
        (url += p.host.substr(zone).starts_with("%25") ? "%" : "%25") +=
            p.host.substr(zone + 1);
    append_encoded(url, p.path, in_path);
    if (!p.query.empty()) append_encoded(url += '?', p.query.substr(1), in_query);
    return url;
}

bool has_scheme(std::string_view text) {
    const std::size_t colon = text.find(':');
    return colon != npos && is_scheme(text.substr(0, colon));
}

/// A path without its "." and ".." (RFC 3986 §5.2.4); it begins with a slash.
std::string without_dots(std::string_view path) {
    std::string clean;
    while (!path.empty()) {
        const auto segment = path.substr(0, path.find('/', 1));
        path.remove_prefix(segment.size());
        const bool is_up = segment == "/..";
        if (is_up) clean.resize(clean.empty() ? 0 : clean.rfind('/'));
        if (!is_up && segment != "/.")
            clean += segment;
        else if (path.empty())
            clean += '/';
    }
    return clean;
}

} // namespace

std::string http_url::authority() const {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    std::string text = is_ipv6 ? '[' + host + ']' : host;
    if (port != (secure ? "443" : "80")) text += ':' + port;
    return text;
}

std::string repaired_url(std::string_view text) {
    return repaired(cut_url(text));
}

std::string resolved_url(std::string_view base, std::string_view reference) {
    const pieces from = cut_url(base);
    const pieces to = cut_url(reference);
    const std::string host = std::string{from.scheme}.append(from.user).append(from.host);
    if (has_scheme(reference) && to.scheme.empty()) return std::string{reference};
    if (!to.scheme.empty()) {
        const bool is_ours = to.scheme == "//";
        std::string url{is_ours ? from.scheme : to.scheme};
        url.append(to.user).append(to.host);
        return url.append(without_dots(to.path)).append(to.query);
    }
    if (to.path.empty()) {
        const auto query = to.query.empty() ? from.query : to.query;
        return host + std::string{from.path}.append(query);
    }
    std::string path{to.path};
    if (!path.starts_with('/'))
        path.insert(0, from.path.substr(0, from.path.rfind('/') + 1)); // npos + 1 is 0
    if (!path.starts_with('/')) path.insert(0, 1, '/');
    return host + without_dots(path).append(to.query);
}

std::string http_url::origin() const {
    std::string text;
    text.reserve(host.size() + zone.size() + port.size() + 10);
    text.append(secure ? "https " : "http ").append(lower_case(host));
    if (!zone.empty()) text.append("%").append(zone);
    return text.append(" ").append(port);
}

bool same_origin(const http_url& a, const http_url& b) noexcept {
    return a.secure == b.secure && a.port == b.port && a.zone == b.zone &&
           same_text(a.host, b.host);
}

http_url parse_url(std::string_view text, std::error_code& error, schemes allowed) {
    error = {};
    const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
    std::string clean;
    if (!plain.has_all(text)) {
        const pieces p = cut_url(text);
        const bool two_readings =
            p.user.find('\\') != npos; // a browser ends the host there;
        if (std::ranges::any_of(text, is_control) || two_readings)
            error = http_error::bad_url;
        clean = repaired(p);
        text = clean;
    }
    const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
    if (error || !parsed || !parsed->has_authority() || parsed->host_address().empty() ||
        parsed->host_type() == boost::urls::host_type::ipvfuture) {
        error = http_error::bad_url;
        return {};
    }
    const bool secure = parsed->scheme_id() == boost::urls::scheme::https;
    if (secure ? allowed == schemes::http_only
               : parsed->scheme_id() != boost::urls::scheme::http) {
        error = http_error::not_http;
        return {};
    }
    http_url url{.host = parsed->host_address(),
                 .port = std::string{parsed->port()},
                 .target = std::string{parsed->encoded_target()},
                 .secure = secure};
    url.port = url.port.empty() ? std::string{secure ? "443" : "80"}
                                : std::to_string(parsed->port_number()); // 00080 is 80
    if (url.target.empty() || url.target.front() != '/') url.target.insert(0, "/");
    if (!parsed->encoded_userinfo().empty())
        url.credentials = parsed->user() + ':' + parsed->password();
    const bool is_ipv6 = parsed->host_type() == boost::urls::host_type::ipv6;
    if (const auto percent = url.host.find('%'); is_ipv6 && percent != npos) {
        url.zone = url.host.substr(percent + 1);
        url.host.resize(percent);
    }

    const bool port_is_valid =
        !parsed->has_port() || parsed->port().empty() || parsed->port_number() != 0;
    const characters& in_it = is_ipv6 ? in_address : in_host;
    if (!port_is_valid || !in_it.has_all(url.host) || !in_it.has_all(url.zone))
        error = http_error::bad_url;
    return url;
}

std::string shown_url(std::string_view text) {
    constexpr char first_of_wide = '\xef'; // in UTF-8, of all that follow
    if (text.find(first_of_wide) != npos)
        // Other writings of @ and : that a person or a library may take for them.
        for (const char* wide : {"\uff20", "\ufe6b"})
            if (const std::size_t at = text.find(wide); at != npos) {
                std::string clean{text};
                clean.replace(at, 3, "@");
                for (const char* colon : {"\uff1a", "\ufe55"})
                    if (const auto i = clean.find(colon); i < at)
                        clean.replace(i, 3, ":");
                return shown_url(clean);
            }
    if (text.find('@') == npos) return std::string{text};
    pieces p = cut_url(text);
    std::error_code error;
    // A password with "/" or "#" in it is no password to a parser; it is to a reader.
    if (p.user.empty()) static_cast<void>(parse_url(text, error));
    const std::size_t begin = p.scheme.size();
    const std::size_t end = error ? text.rfind('@') : begin + p.user.size() - 1;
    if (p.user.empty() && !error) return std::string{text};
    const std::size_t colon = text.find(':', begin);
    if (colon >= end) return std::string{text};
    return std::string{text.substr(0, colon + 1)} + "***" + std::string{text.substr(end)};
}

} // namespace ladder
