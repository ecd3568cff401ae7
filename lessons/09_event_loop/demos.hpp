#pragma once

#include <span>
#include <string>

/// What the program of rung 09 can show. Each prints to standard output and returns the
/// exit status of the program.
namespace ladder::event_loop {

using arguments = std::span<const std::string>;

int show_thousand(arguments); ///< 1,000 pages of 100 ms, or as many as it is given.
int show_ten();               ///< Ten pages, drawn.
int show_calls();             ///< The system calls of a thousand requests (strace(1)).
int show_memory();            ///< mmap(2) of an epoll descriptor.
int show_files();             ///< A file in epoll(7), and read by one thread and many.
int show_edge();              ///< Level- and edge-triggered, side by side.
int show_timers();            ///< The order of timers.
int show_wake_up();           ///< post() from another thread.
int show_limit();             ///< Fewer descriptors than pages in flight.

} // namespace ladder::event_loop
