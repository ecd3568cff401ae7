#include "international_host.hpp"

#include "workbench/http_exchange.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <memory>

#include <idn2.h>

namespace ladder::fetcher {

namespace {

bool is_ascii(unsigned char c) {
    return c < 0x80;
}

bool is_of_name(unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '%';
}

/// A name may have its letters percent-encoded (RFC 3986 §3.2.2). What is ASCII stays as
/// it is: nothing that ends a name comes of it.
std::string decoded(std::string_view host) {
    std::string name;
    for (std::size_t i = 0; i < host.size(); ++i) {
        unsigned byte = 0;
        const char* const digits = host.data() + i + 1;
        const bool is_encoded =
            host[i] == '%' && i + 2 < host.size() &&
            std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2 &&
            byte >= 0x80;
        name += is_encoded ? static_cast<char>(byte) : host[i];
        i += is_encoded ? 2 : 0;
    }
    return name;
}

/// IDNA2003 knows symbols, which IDNA2008 has no more; but it makes other names of these,
/// or of a NUL.
bool is_changed_by_the_old_rules(std::string_view host) {
    using namespace std::string_view_literals;
    static constexpr std::array changed{"\0"sv,       "\xc3\x9f"sv,     "\xe1\xba\x9e"sv,
                                        "\xcf\x82"sv, "\xe2\x80\x8c"sv, "\xe2\x80\x8d"sv};
    return std::ranges::any_of(
        changed, [&](std::string_view one) { return host.find(one) != host.npos; });
}

} // namespace

std::string with_ascii_host(std::string_view url, std::error_code& error) {
    if (std::ranges::all_of(url, is_ascii) && url.find('%') == url.npos)
        return std::string{url};
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return std::string{url};
    const auto authority = url.substr(0, url.find_first_of("/?#", scheme + 3));
    const std::size_t user = authority.rfind('@') + 1; // npos + 1 is 0
    const std::size_t begin = std::max(scheme + 3, user);
    const std::size_t end =
        std::min(authority.find(':', begin), authority.size()); // the port
    const std::string host = decoded(url.substr(begin, end - begin));
    if (std::ranges::all_of(host, is_ascii)) return std::string{url};

    char* ascii = nullptr;
    int failed = IDN2_DISALLOWED;
    if (host.find('\0') == host.npos) // for it everything would end there
        failed = ::idn2_to_ascii_8z(host.c_str(), &ascii,
                                    IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    if (failed == IDN2_DISALLOWED && !is_changed_by_the_old_rules(host))
        failed =
            ::idn2_to_ascii_8z(host.c_str(), &ascii, IDN2_TRANSITIONAL | IDN2_NFC_INPUT);
    const std::unique_ptr<char, void (*)(void*)> owned{ascii, ::idn2_free};
    // It makes ASCII of other writings of it, too: what ends a name must not come of
    // them.
    if (failed != IDN2_OK || !std::ranges::all_of(std::string_view{ascii}, is_of_name)) {
        error = http_error::bad_url;
        return std::string{url};
    }
    std::string result{url.substr(0, begin)};
    return result.append(ascii).append(url.substr(end));
}

std::string ascii_name(std::string_view name) {
    std::error_code no_name;
    constexpr std::string_view scheme = "http://";
    const std::string found = with_ascii_host(std::string{scheme}.append(name), no_name);
    return no_name ? std::string{name} : found.substr(scheme.size());
}

} // namespace ladder::fetcher
