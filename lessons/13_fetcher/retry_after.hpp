#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace ladder::fetcher {

/// What a Retry-After asks for (RFC 9110 §10.2.3): a number of seconds, or a date in any
/// of the three forms of §5.6.7. A date that has passed is 0 s, and a number that no type
/// can hold is a hundred years. Nothing when it is neither, such as a negative number.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::chrono::sys_seconds now);

} // namespace ladder::fetcher
