#pragma once

#include <span>
#include <string>

/// What the program of this rung shows; each takes its arguments, and returns the exit
/// status.
namespace ladder::ipc_queues {

int show_pipe(std::span<const std::string>);     ///< The end of the stream is the end.
int show_queue(std::span<const std::string>);    ///< The end is a message.
int show_atomics(std::span<const std::string>);  ///< Two processes count.
int show_capacity(std::span<const std::string>); ///< What fits, and who waits.
int show_names(std::span<const std::string>);    ///< What a crash leaves behind.

} // namespace ladder::ipc_queues
