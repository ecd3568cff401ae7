#pragma once

#include <span>
#include <string>

/// What the program of this rung shows of generators; each returns the exit status.
namespace ladder::switching {

int show_generators(); ///< The same numbers from both kinds.
int show_trees();      ///< Values from a recursion.
int show_exception();  ///< An error crosses a switch.
int show_unwinding();  ///< A body that never ends.

} // namespace ladder::switching
