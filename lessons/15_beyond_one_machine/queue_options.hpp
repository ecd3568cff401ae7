#pragma once

#include "queue.hpp"

#include <span>
#include <string>
#include <string_view>

namespace ladder {
class option_parser;
}

namespace ladder::beyond_one_machine {

/// What all programs at a queue are told.
struct queue_options {
    std::string url;
    std::string password_file;
    queue::settings about; ///< The machine: its host's name, if not said.

    void add_to(option_parser& options);
    /// And what a machine is told besides.
    void add_machine_to(option_parser& options);

    /// What is wrong; empty: nothing. To be asked after parsing.
    std::string complaint() const;

    /// With the password. Throws std::invalid_argument, std::system_error.
    queue_address address() const;
};

/// The moments at which a machine, a loader or a drainer may be killed.
std::span<const std::string_view> queue_points();

/// Says on stderr what the database's trouble is.
sql::settings patiently(std::string program);

} // namespace ladder::beyond_one_machine
