#pragma once

#include "command_line.hpp"
#include "task.hpp"

#include <functional>
#include <memory>

namespace ladder::fibers_on_asio {
class event_loop;
}

namespace ladder::fetcher {

/// Opens a list that is elsewhere, for the fibers of this loop.
using open_shared_list =
    std::function<std::unique_ptr<shared_list>(fibers_on_asio::event_loop&)>;

/// Fetches what the user asked for, with all that they see of it: results, progress, the
/// list of failures, the summary, and what Ctrl-C does. Returns the program's exit
/// status; throws what makes the run impossible. Call it in a thread without an event
/// loop.
///
/// With a list that is elsewhere, its outcomes go there, and the folder is not a job: it
/// has pages alone. The status says only whether this machine did its part.
int run_session(command_line options, const open_shared_list& elsewhere = {});

} // namespace ladder::fetcher
