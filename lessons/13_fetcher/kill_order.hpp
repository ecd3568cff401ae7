#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

/// The moments in the life of a run at which it may be killed. A test does it at each of
/// them, and a reader can: `./learn run 13 kill-at` lists them. Each one is a
/// `ladder::point`.
namespace ladder::fetcher {

std::span<const std::string_view> kill_points();

/// The environment variable with the order: "POINT", "POINT@3" for the third time that
/// anybody of the run comes there, "POINT@3 all" to kill the supervisor and all workers.
inline constexpr const char* kill_order_variable = "LADDER_KILL_AT";

/// Obeys the order, if there is one. Throws std::invalid_argument when that is none.
/// Call it once, in main, before there are threads. `more` are points of the program
/// around us.
void obey_kill_order(std::span<const std::string_view> more = {});

/// From now on, arrivals are counted where supervisor and workers see them together.
/// `counter` must live as long as the process.
void share_kill_order(std::atomic<std::uint64_t>& counter);

} // namespace ladder::fetcher
