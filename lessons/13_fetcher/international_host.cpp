#include "international_host.hpp"

#include "workbench/http_exchange.hpp"

#include <algorithm>
#include <memory>

#include <idn2.h>

namespace ladder::fetcher {

std::string with_ascii_host(std::string_view url, std::error_code& error) {
    const auto is_ascii = [](unsigned char c) { return c < 0x80; };
    if (std::ranges::all_of(url, is_ascii)) return std::string{url};
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return std::string{url};
    const auto authority = url.substr(0, url.find_first_of("/?#", scheme + 3));
    const std::size_t user = authority.rfind('@') + 1; // npos + 1 is 0
    const std::size_t begin = std::max(scheme + 3, user);
    const std::size_t end =
        std::min(authority.find(':', begin), authority.size()); // the port
    const std::string host{url.substr(begin, end - begin)};
    if (std::ranges::all_of(host, is_ascii)) return std::string{url};

    char* ascii = nullptr;
    const int failed =
        ::idn2_to_ascii_8z(host.c_str(), &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    const std::unique_ptr<char, void (*)(void*)> owned{ascii, ::idn2_free};
    if (failed != IDN2_OK) {
        error = http_error::bad_url;
        return std::string{url};
    }
    std::string result{url.substr(0, begin)};
    return result.append(ascii).append(url.substr(end));
}

} // namespace ladder::fetcher
