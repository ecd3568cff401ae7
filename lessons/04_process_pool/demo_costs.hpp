#pragma once

#include <span>
#include <string>

/// What the program of this rung shows about costs; `main.cpp` has the rest.
namespace ladder::process_pool::demos {

/// A process for each task beside a worker that stays.
int fresh();

/// The same computation with one worker and with two.
int primes();

} // namespace ladder::process_pool::demos
