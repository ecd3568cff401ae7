#pragma once

#include <span>
#include <string>

/// What the program of rung 10 can show. Each prints to standard output and returns the
/// exit status of the program.
namespace ladder::asio {

using arguments = std::span<const std::string>;

// Two tasks, of three and of two tenths of a second, in the four ways of asyncio; their
// argument is used instead of the tenth.
int show_ways(arguments);   ///< All four.
int show_wait(arguments);   ///< What is done and what is pending, whenever one ends.
int show_create(arguments); ///< They run from the moment they are created.
int show_gather(arguments); ///< All results, in the order of the list.
int show_ensure(arguments); ///< A coroutine, or what runs already.

int show_thousand(); ///< 1,000 pages of 100 ms, with callbacks and coroutines.
int show_batches();  ///< Batches against a sliding window, drawn.
int show_keep();     ///< Kept connections against one for each page.

int show_limit();   ///< `||` with a timer, and a cancellation signal.
int show_cleanup(); ///< What a cancelled coroutine still does.
int show_strand();  ///< Two threads, one counter, no lock.

int show_swap(); ///< The same program on epoll and on io_uring.

/// Why this program cannot have the loop that it was built for; empty when it can.
std::string loop_is_refused();

} // namespace ladder::asio
