#pragma once

#include "command_line.hpp"

namespace ladder::fetcher {

/// Fetches what the user asked for, with all that they see of it: results, progress, the
/// list of failures, the summary, and what Ctrl-C does. Returns the program's exit
/// status; throws what makes the run impossible. Call it in a thread without an event
/// loop.
int run_session(command_line options);

} // namespace ladder::fetcher
