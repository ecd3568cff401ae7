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

} // namespace ladder
