#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace ladder {

/// What the system call that failed last says (errno(3)), about `what`: a file, or the
/// name of the call.
inline std::system_error last_error(const std::string& what) {
    return {errno, std::generic_category(), what};
}

/// The same, as a code.
inline std::error_code last_error_code() noexcept {
    return {errno, std::generic_category()};
}

} // namespace ladder
