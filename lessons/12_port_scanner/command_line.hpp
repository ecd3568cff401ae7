#pragma once

#include "supervisor.hpp"
#include "worker.hpp"

#include <optional>
#include <string>

namespace ladder::port_scanner {

enum class show_progress { automatic, always, never };

/// What the user asked for.
struct command_line {
    targets all{{}, {}};
    scan_settings scan{};
    std::string elsewhere; ///< A warning to print; empty: all targets are this machine.
    bool json = false;
    show_progress progress = show_progress::automatic;
    std::optional<worker_settings> worker; ///< This process is one.
};

/// Returns what was asked for, or nothing when the program should end with `status`
/// because help was printed (0) or the usage is wrong (2, after one line on stderr). More
/// than one host that is not this machine is wrong usage, unless the user says that he
/// may. Nothing has been sent to any of them; only names have been looked up.
std::optional<command_line> parse_command_line(int argc, char** argv, int& status);

} // namespace ladder::port_scanner
