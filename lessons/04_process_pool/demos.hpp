#pragma once

#include <span>
#include <string>

/// What the program of this rung shows about costs; `main.cpp` has the rest.
namespace ladder::process_pool::demos {

/// A process for each task beside a worker that stays.
int fresh(std::span<const std::string> arguments);

/// The same computation with one worker and with two.
int primes(std::span<const std::string> arguments);

} // namespace ladder::process_pool::demos
