#pragma once

#include "checker.hpp"
#include "course.hpp"
#include "progress.hpp"

namespace ladder::fibers_on_asio {
class event_loop;
}

namespace ladder::learn {

/// Checks an exercise now and after every save, until somebody says quit (q, Ctrl-C, or
/// the end of the course). A save while a check runs ends that check and begins another.
/// Returns the exit status: 0 when the last check passed. Call in a fiber of `loop`.
int watch(const exercise& first, const course& c, progress& p,
          fibers_on_asio::event_loop& loop);

/// Checks once: prints the verdict, remembers a pass. For `check`, `verify` and `watch`.
/// `raw` also prints what the tools said.
bool check_and_show(const exercise& e, const course& c, progress& p, checker& with,
                    bool raw);

} // namespace ladder::learn
