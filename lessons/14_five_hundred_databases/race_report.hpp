#pragma once

#include "race.hpp"

#include <span>
#include <string>

/// The race as a table, as bars, as JSON and as a picture.
namespace ladder::five_hundred_databases {

std::string table_head();
/// A row, and a line below it when something went wrong. `serial` is the time of the
/// serial way in seconds; 0 when it did not run.
std::string table_row(const lap&, double serial);

/// Bars for the terminal: time and memory of the race of equals, without the serial way.
std::string bars(std::span<const lap>);

/// What was claimed once, and what is fair about it.
std::string claims();

/// What the server says about the connections of all laps together, in one line.
std::string connections(std::span<const lap>);

/// What the columns mean where they surprise: more in flight than processes.
std::string how_to_read();

/// {"database", "hosts", "rows": […]}; seconds, bytes and counts, as measured: nothing
/// is multiplied by `contestant::times`, which is there as "times".
std::string to_json(std::span<const lap>, const database&);

/// The same bars as a picture, in which a reader's dark or light theme is respected.
std::string to_svg(std::span<const lap>);

} // namespace ladder::five_hundred_databases
