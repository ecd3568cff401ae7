#include "option_value.hpp"

#include "quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ladder::option_value {

namespace {

[[noreturn]] void refuse(const std::string& value, const std::string& wanted) {
    throw wrong_usage{fmt::format("'{}' is no {}", value, wanted)};
}

} // namespace

std::int64_t number(const std::string& value, option_parser::range allowed,
                    std::int64_t example) {
    std::int64_t read = 0;
    const char* end = value.data() + value.size();
    const auto [rest, error] = std::from_chars(value.data(), end, read);
    if (error == std::errc{} && rest == end && read >= allowed.least &&
        read <= allowed.most)
        return read;
    const bool open = allowed.most == option_parser::range{}.most;
    refuse(value, fmt::format("whole number from {} {}; e.g. {}", allowed.least,
                              open ? "on" : fmt::format("to {}", allowed.most), example));
}

std::chrono::milliseconds duration(const std::string& value,
                                   option_parser::duration_range allowed,
                                   const std::string& example) {
    const auto read = parse_duration(value, allowed.bare, {});
    const bool known = read || parse_duration(value, "s", {});
    if (!known)
        refuse(value, fmt::format("duration like {}, {} or 2m", example,
                                  example == "500ms" ? "10s" : "500ms"));
    const bool is_none =
        !read && parse_duration(value, "s", {}) == std::chrono::seconds{0};
    if (!read && !is_none)
        refuse(value, "duration without its unit; e.g. " + value + "ms");
    if (is_none || *read < allowed.least || *read > allowed.most)
        refuse(value, fmt::format("duration from {} to {}; e.g. {}",
                                  show_duration(allowed.least),
                                  show_duration(allowed.most), example));
    return *read;
}

std::uint64_t size(const std::string& value) {
    const auto read = parse_size(value);
    if (!read) refuse(value, "size like 10MB, 64KiB or 1000 (bytes)");
    return *read;
}

std::string choice(const std::string& value, std::span<const std::string> words) {
    if (std::ranges::count(words, value) > 0) return value;
    std::string all;
    for (const std::string& word : words)
        all += (all.empty() ? "" : ", ") + word;
    throw wrong_usage{fmt::format("there is no '{}'; there are: {}", value, all)};
}

} // namespace ladder::option_value
