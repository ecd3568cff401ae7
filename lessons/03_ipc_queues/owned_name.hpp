#pragma once

#include "workbench/removal_at_death.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace ladder::ipc_queues {

/// A name for something in /dev/shm: a Boost.Interprocess queue, shared memory, a
/// semaphore. No two are the same, also not of two runs of a program. The name says whose
/// it is: "ladder-FAMILY-PID-START-N", with the process and the moment at which it began
/// (field 22 in proc_pid_stat(5)), because the number of a process comes again.
///
/// The process that made the object removes the name, also when a signal such as that of
/// Ctrl-C ends it; one that it forked does not. When that process is killed by SIGKILL,
/// the name stays in /dev/shm, and so does the memory. No operating system and no library
/// cleans it up: call remove_abandoned() at the start.
class owned_name {
public:
    /// The family says which program uses it: letters and digits. Throws
    /// `std::invalid_argument`.
    explicit owned_name(std::string_view family);
    ~owned_name();
    owned_name(const owned_name&) = delete;
    owned_name& operator=(const owned_name&) = delete;

    const std::string& str() const noexcept { return name_; }

    const char* c_str() const noexcept { return name_.c_str(); }

private:
    std::string name_;
    pid_t owner_;
    removal_at_death removal_;
};

/// The names of that family in /dev/shm whose owner is gone. Owners in another container
/// that shares /dev/shm look as if they were gone: give those a family of their own.
std::vector<std::string> abandoned(std::string_view family);

/// Removes them, and returns those that it removed. Processes that still map the memory
/// keep it. Any process may call it at any time, several at once too.
std::vector<std::string> remove_abandoned(std::string_view family);

} // namespace ladder::ipc_queues
