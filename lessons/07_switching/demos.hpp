#pragma once

#include <span>
#include <string>

/// What the program of this rung shows of generators; each returns the exit status.
namespace ladder::switching {

int show_generators(std::span<const std::string>); ///< The same numbers from both kinds.
int show_trees(std::span<const std::string>);      ///< Values from a recursion.
int show_exception(std::span<const std::string>);  ///< An error crosses a switch.
int show_unwinding(std::span<const std::string>);  ///< A body that never ends.

} // namespace ladder::switching
