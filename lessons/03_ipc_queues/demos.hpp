#pragma once

#include <span>
#include <string>

/// What the program of this rung shows; each takes its arguments, and returns the exit
/// status.
namespace ladder::ipc_queues {

int show_pipe();     ///< The end of the stream is the end.
int show_queue();    ///< The end is a message.
int show_atomics();  ///< Two processes count.
int show_capacity(); ///< What fits, and who waits.
int show_names();    ///< What a crash leaves behind.

} // namespace ladder::ipc_queues
