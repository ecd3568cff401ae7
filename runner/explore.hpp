#pragma once

#include "course.hpp"

#include <string>

namespace ladder::learn {

/// `./learn replay NAME`: finds the first check of an exercise that fails in some order
/// of its threads, and plays that order again, in a debugger if one is wanted. Returns
/// the exit status: 1 when there is such an order. Throws `usage_error`.
int replay(const exercise& e, bool debugger, const course& c);

/// `./learn explore FILE`: runs a C++ program's `main` in every order of its threads,
/// with up to so many preemptions; its globals keep their values from one order to the
/// next. Returns the exit status. Throws `usage_error`.
int explore_file(const std::string& file, int preemptions, const course& c);

} // namespace ladder::learn
