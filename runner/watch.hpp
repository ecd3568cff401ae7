#pragma once

#include "course.hpp"
#include "progress.hpp"

namespace ladder::learn {

/// Checks an exercise now and after every save, until somebody says quit (q, Ctrl-C, or
/// the end of the course). A save while a check runs ends that check and begins another.
/// At a terminal a line with the keys is the last one on the screen, always.
/// Returns the exit status: 0 when the last check passed.
int watch(const exercise& first, const course& c, progress& p);

} // namespace ladder::learn
