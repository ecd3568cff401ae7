#pragma once

#include <string>

#include <sys/types.h>

namespace ladder::processes {

/// What the kernel says about a process: "Z (zombie)", "S (sleeping)", or "gone". From
/// /proc/PID/status, see proc_pid_status(5).
std::string state_of(pid_t);

} // namespace ladder::processes
