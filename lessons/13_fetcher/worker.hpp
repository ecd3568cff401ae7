#pragma once

namespace ladder::fetcher {

/// The descriptors that a worker process inherits from its supervisor.
inline constexpr int worker_socket = 3; ///< Tasks come in here, outcomes go out.
inline constexpr int worker_statistics_memory = 4;

/// The argument that makes the program a worker.
inline constexpr const char* worker_argument = "--worker";

/// The exit status of a worker that got no memory. That is no page's fault: nothing says
/// that the next one would do better.
inline constexpr int out_of_memory = 12;

/// The main function of a worker process: one thread, one event loop, as many fibers as
/// the settings say. Returns the process's exit status when the supervisor has closed
/// its end.
int run_worker();

} // namespace ladder::fetcher
