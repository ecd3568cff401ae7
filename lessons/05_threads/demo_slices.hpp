#pragma once

#include "workbench/timeline.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ladder::threads {

/// When each thread had the core.
struct slices {
    std::vector<timeline::interval> intervals;
    std::uint64_t taken_away = 0; ///< Involuntary context switches, see getrusage(2).
};

/// Lets `threads` threads compute on one and the same core until each has had it for
/// `cpu`. They tell from the clock: a thread that looks at it all the time and finds that
/// 300 µs have passed was not running. Throws `std::system_error`.
slices share_one_core(std::size_t threads, std::chrono::milliseconds cpu);

} // namespace ladder::threads
