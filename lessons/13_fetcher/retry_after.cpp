#include "retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <string>
#include <system_error>

namespace ladder::fetcher {

using std::chrono::seconds;
using std::chrono::sys_seconds;

std::optional<seconds> parse_retry_after(std::string_view value, sys_seconds now) {
    constexpr seconds longest = std::chrono::years{100};
    const char* const end = value.data() + value.size();
    std::uint32_t number = 0;
    const auto [rest, error] = std::from_chars(value.data(), end, number);
    if (rest == end && error == std::errc{})
        return std::min<seconds>(seconds{number}, longest);
    if (rest == end && error == std::errc::result_out_of_range) return longest;

    const std::string text{value};
    for (const char* form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                             "%a %b %e %H:%M:%S %Y"}) {
        std::tm date{};
        const char* const read = ::strptime(text.c_str(), form, &date);
        if (read == text.c_str() + text.size())
            return std::clamp(sys_seconds{seconds{::timegm(&date)}} - now, seconds{0},
                              longest);
    }
    return {};
}

} // namespace ladder::fetcher
