#pragma once

#include "race.hpp"
#include "terminal.hpp"

#include <filesystem>
#include <span>
#include <string>

namespace ladder::tour {

/// All rungs beneath each other on one scale of time, a few rows each, for a terminal.
std::string draw_terminal(std::span<const outcome> outcomes, look how);

/// A picture of two rungs at the same pages, for light and dark documents: a row for each
/// page and the time along the other axis, which both share.
std::string draw_comparison(const workload& work, const outcome& slow,
                            const outcome& fast);

/// Writes a picture of every rung, as NAME.svg.
void write_pictures(std::span<const outcome> outcomes,
                    const std::filesystem::path& folder);

/// Throws `std::system_error` when it cannot be written.
void write_file(const std::filesystem::path& file, const std::string& text);

} // namespace ladder::tour
