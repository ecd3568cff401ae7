#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace ladder {

using std::chrono::milliseconds;

/// Pages that are all alike.
struct workload {
    std::int64_t pages = 0;
    milliseconds wait{}; ///< For each page, until the server has answered; more than 0.
    milliseconds cpu{};  ///< For each page, to compute on one core, after the wait.
};

/// What fetches them.
struct machine {
    std::int64_t in_flight = 1; ///< Pages at the same time, each until it is computed.
    std::int64_t cores = 1;     ///< One core computes one page at a time.
};

/// How long the whole workload takes: the longer of what the places in flight need and
/// what the cores need. Exact for work without waiting or without computing; otherwise
/// the least that it can take.
constexpr milliseconds total_time(const workload& work, const machine& on) {
    // TODO: this first guess divides everything by everything.
    return work.pages * (work.wait + work.cpu) / (on.in_flight * on.cores);
}

/// The smallest `in_flight` that ends the work within the deadline; nothing when no
/// number is enough.
constexpr std::optional<std::int64_t>
in_flight_needed(const workload& work, std::int64_t cores, milliseconds deadline) {
    // TODO: this one too.
    return total_time(work, {.in_flight = 1, .cores = cores}) / deadline;
}

} // namespace ladder
