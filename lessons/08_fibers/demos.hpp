#pragma once

#include <span>
#include <string>

/// What the program of this rung shows; each returns the exit status.
namespace ladder::fibers {

int show_update();  ///< An update with a wait in it.
int show_channel(); ///< One produces, one consumes.
int show_future();  ///< One waits for the result of another.
int show_barrier(); ///< Nobody begins the next round alone.

using arguments = std::span<const std::string>;

// These take how many: --count N, 200,000 without it.
int show_many(arguments);   ///< Two kinds at once.
int show_costs(arguments);  ///< What one of four kinds costs.
int show_guards(arguments); ///< How many guard pages there can be.

} // namespace ladder::fibers
