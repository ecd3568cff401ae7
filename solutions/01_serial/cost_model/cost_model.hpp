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

/// How many rounds `pages` take when `at_once` of them go in each.
constexpr std::int64_t rounds(std::int64_t pages, std::int64_t at_once) {
    return (pages + at_once - 1) / at_once;
}

/// How long the whole workload takes: the longer of what the places in flight need and
/// what the cores need. Exact for work without waiting or without computing; otherwise
/// the least that it can take.
constexpr milliseconds total_time(const workload& work, const machine& on) {
    return std::max(rounds(work.pages, on.in_flight) * (work.wait + work.cpu),
                    rounds(work.pages, on.cores) * work.cpu);
}

/// The smallest `in_flight` that ends the work within the deadline; nothing when no
/// number is enough.
constexpr std::optional<std::int64_t>
in_flight_needed(const workload& work, std::int64_t cores, milliseconds deadline) {
    if (work.pages == 0) return 1;
    if (rounds(work.pages, cores) * work.cpu > deadline) return std::nullopt;
    const std::int64_t rounds_in_time = deadline / (work.wait + work.cpu);
    if (rounds_in_time == 0) return std::nullopt;
    return rounds(work.pages, rounds_in_time);
}

} // namespace ladder
