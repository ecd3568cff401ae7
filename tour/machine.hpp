#pragma once

#include <cstdint>
#include <string>

namespace ladder::tour {

/// What figures were measured on.
struct machine {
    std::string cpu; ///< The name of its model; may be empty.
    unsigned cores = 0;
    std::uint64_t memory = 0; ///< In bytes.
    std::string system;       ///< E.g. "Debian GNU/Linux 12 (bookworm)".
    std::string kernel;       ///< E.g. "Linux 6.1.0".
    std::string architecture; ///< E.g. "x86_64".
    std::string compiler;     ///< E.g. "GCC 12.2.0".

    std::string described() const; ///< In one sentence.
};

/// Sources: /proc/cpuinfo, os-release(5), uname(2), sysconf(3).
machine this_machine();

} // namespace ladder::tour
