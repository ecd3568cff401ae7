#pragma once

#include "scan.hpp"

#include <cstdint>

#include <sys/types.h>

namespace ladder::port_scanner {

/// What a worker process writes to its supervisor: records of one size, in the machine's
/// own byte order. Both ends are the same program on the same machine.
struct record {
    enum class kind : std::uint8_t {
        verdict,       ///< Of one port.
        so_far,        ///< `number` ports of the part are done, closed ones too.
        self_connects, ///< `number` of them, at the end; see scan_notes.
        waits,         ///< The same.
        complete,      ///< As so_far, and that is all of them.
        failed,        ///< The part cannot be scanned; `error` says why.
    };

    std::uint64_t number = 0; ///< Of the port among the targets, or of ports.
    std::int32_t error = 0;   ///< As in port_scanner::verdict.
    kind what = kind::verdict;
    port_state state = port_state::open;
};

static_assert(sizeof(record) == 16); // divides PIPE_BUF: no write tears one (pipe(7))

/// What a worker must know.
struct worker_settings {
    std::uint64_t number = 0; ///< Which part is its own.
    std::uint64_t workers = 1;
    pid_t supervisor = 0;
    bool all = false; ///< Report closed ports too, not only how many.
};

/// The main function of a worker process: one thread, one event loop, a pool of fibers.
/// Scans its part and writes records to standard output, at the latest ten times a
/// second. It does not outlive its supervisor. Returns the process's exit status.
int run_worker(const worker_settings& settings, const targets& all,
               const scan_options& options);

} // namespace ladder::port_scanner
