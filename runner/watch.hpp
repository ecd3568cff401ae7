#pragma once

#include "checker.hpp"
#include "course.hpp"
#include "progress.hpp"

namespace ladder::learn {

/// Checks an exercise now and after every save, until somebody says quit (q, Ctrl-C, or
/// the end of the course). A save while a check runs ends that check and begins another.
/// Returns the exit status: 0 when the last check passed.
int watch(const exercise& first, const course& c, progress& p);

/// Checks once: prints the verdict, remembers a pass. For `check`, `verify` and `watch`.
/// `raw` also prints what the tools said.
bool check_and_show(const exercise& e, const course& c, progress& p, checker& with,
                    bool raw);

} // namespace ladder::learn
