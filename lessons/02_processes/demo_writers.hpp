#pragma once

namespace ladder::processes {

/// Two processes write lines into one pipe at the same time, first word by word, then a
/// line at a time; prints how many lines came out as they went in. A write(2) of up to
/// PIPE_BUF bytes (4,096) is never divided, see pipe(7).
void show_writers();

/// Two processes take turns: each prints a line, sleeps a moment, and does it again.
/// Prints two runs of many, and how many different orders there were.
void show_turns();

} // namespace ladder::processes
