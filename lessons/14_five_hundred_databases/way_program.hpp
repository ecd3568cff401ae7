#pragma once

#include "ways.hpp"

#include <span>
#include <string>

/// A way as a program of its own, so that what it costs is its own alone.
namespace ladder::five_hundred_databases {

/// `NAME --port P [--hosts N] [--in-flight N] …`: asks in that way, and prints one line
/// of JSON, e.g. {"seconds":0.18,"good":499,"errors":{"Connection refused":1}}. The
/// seconds are those between the first connection and the last answer. Returns the exit
/// status: 0 also when hosts have failed; 1 with {"failure":"…"} when the way itself has,
/// e.g. for want of threads; 2 when the command line is wrong.
int run_way(std::span<const way> ways, std::span<const std::string> arguments);

} // namespace ladder::five_hundred_databases
