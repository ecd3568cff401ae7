#pragma once

#include <span>
#include <string>

/// What the program of this rung shows; each returns the exit status.
namespace ladder::fibers {

int show_update(std::span<const std::string>);  ///< An update with a wait in it.
int show_channel(std::span<const std::string>); ///< One produces, one consumes.
int show_future(std::span<const std::string>);  ///< One waits for the result of another.
int show_barrier(std::span<const std::string>); ///< Nobody begins the next round alone.
int show_many(std::span<const std::string>);    ///< 200,000 of two kinds at once.
int show_costs(std::span<const std::string>);   ///< What one of four kinds costs.
int show_guards(std::span<const std::string>);  ///< How many guard pages there can be.

} // namespace ladder::fibers
