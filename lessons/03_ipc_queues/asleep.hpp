#pragma once

#include <chrono>

#include <sys/types.h>

namespace ladder::ipc_queues {

/// Looks until a process sleeps in the kernel: asleep in two looks, 1 ms apart, without
/// having run in between. False when it has ended, or still runs after `limit`. For
/// lessons and tests that need to know that another process *waits*; a program that works
/// should not care. proc_pid_status(5).
bool wait_until_asleep(pid_t pid,
                       std::chrono::milliseconds limit = std::chrono::seconds{10});

} // namespace ladder::ipc_queues
