#pragma once

#include "supervisor.hpp"

#include <cstddef>
#include <string>

namespace ladder::port_scanner {

/// A line for each port that was found, and a last one with the sums and the total time.
std::string as_text(const targets& all, const scan_settings& settings,
                    const scan_result& result);

/// The same as one JSON object (RFC 8259), with a line for each port in it.
std::string as_json(const targets& all, const scan_settings& settings,
                    const scan_result& result);

/// `[####      ]  45 %  29491 of 65535 ports, 3 open`, at most `width` columns.
std::string progress_line(std::uint64_t size, const scan_result& so_far,
                          std::size_t width);

} // namespace ladder::port_scanner
