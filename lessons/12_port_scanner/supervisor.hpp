#pragma once

#include "scan.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ladder::port_scanner {

struct scan_settings {
    std::string program = "/proc/self/exe"; ///< The scanner, which becomes the workers.
    std::uint64_t processes = 1;
    scan_options options{}; ///< `prepare` stays here: a worker is another program.
    bool all = false;       ///< Closed ports too, not only how many.
};

/// A port that is worth a line.
struct found_port {
    std::uint64_t index = 0; ///< Among the targets.
    verdict what{};
};

/// What is known, at the end or so far.
struct scan_result {
    std::vector<found_port> ports{}; ///< At the end: in the order of the targets.
    std::uint64_t asked = 0;         ///< Each has its verdict.
    std::uint64_t open = 0;
    std::uint64_t filtered = 0;
    scan_notes notes{};                            ///< At the end.
    std::uint64_t processes = 0;                   ///< That worked at the same time.
    std::uint64_t workers_lost = 0;                ///< And replaced.
    std::chrono::steady_clock::duration elapsed{}; ///< From the first start to the end.

    std::uint64_t closed() const { return asked - open - filtered; }
};

/// Scans all targets: one part and one worker process for each of `processes`, but no
/// more than there are ports. A worker that is killed is replaced, and its part scanned
/// again: half a part is never taken for a whole one. `on_progress`, unless it is empty,
/// is called ten times a second or so.
///
/// Waits with poll(2), for nothing but the workers' pipes; call it in any thread. Throws
/// std::system_error when workers cannot be started or cannot have a single socket, and
/// std::runtime_error when one part's workers are killed again and again.
scan_result scan_in_processes(const targets& all, const scan_settings& settings,
                              const std::function<void(const scan_result&)>& on_progress);

} // namespace ladder::port_scanner
