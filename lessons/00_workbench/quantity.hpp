#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// How people write durations and sizes.
namespace ladder {

/// "500ms", "10s", "1.5m" or "2h", from `least` to a year. A bare number counts `bare`,
/// which is one of these units, and is refused when that is empty.
std::optional<std::chrono::milliseconds>
parse_duration(std::string_view text, std::string_view bare = "s",
               std::chrono::milliseconds least = std::chrono::milliseconds{1});
/// "10MB", "64KiB", or a bare number of bytes; at least one byte.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// In the largest unit that leaves a whole number: "90s", "64KiB".
std::string show_duration(std::chrono::milliseconds time);
std::string show_size(std::uint64_t bytes);

} // namespace ladder
