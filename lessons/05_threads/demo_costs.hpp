#pragma once

#include "workbench/stopwatch.hpp"

#include <chrono>
#include <span>
#include <string>

/// What a thread costs, and what it costs to change from one to another.
namespace ladder::threads {

/// Starts something that sets a number to 42, waits for its end, and looks.
struct started {
    int number = 0; ///< What the caller sees afterwards.
    std::chrono::duration<double, std::micro> each{};
};

started start_processes(int count);
started start_threads(int count);

/// Passes an item on `count` times and takes an answer back each time: through queues
/// between two threads that stay on one core and so cannot both run, or through the same
/// queues within one thread.
usage hand_over_to_a_thread(int count);
usage hand_over_to_itself(int count);

/// The demos that show them.
int show_start();
int show_switches();

} // namespace ladder::threads
