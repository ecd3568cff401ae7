#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <sys/types.h>

/// What the kernel lets this process have, and what it says about it.
namespace ladder {

/// Lets this process, and what it starts from now on, open as many descriptors as it may
/// without being asked: the soft limit becomes the hard one (getrlimit(2)). Returns it.
std::size_t raise_descriptor_limit() noexcept;

/// The soft limit of descriptors is `most`, or the hard limit if that is less, for as
/// long as this lives. It is one limit for all threads.
class descriptor_limit {
public:
    explicit descriptor_limit(std::size_t most) noexcept;
    ~descriptor_limit();
    descriptor_limit(const descriptor_limit&) = delete;
    descriptor_limit& operator=(const descriptor_limit&) = delete;

private:
    std::size_t before_;
};

/// How many sockets this process may still open: the soft limit, without the descriptors
/// that are open and a few for what a library opens by itself, such as an epoll instance
/// or the file of a name lookup. At least 1. Another thread may take some of them.
std::size_t free_descriptors();

/// On how many cores the calling thread may run (sched_getaffinity(2)); at least 1. The
/// machine may have more: `taskset` and containers take some away.
std::size_t usable_cores() noexcept;

/// The number of the first of them.
int first_usable_core() noexcept;

/// Keeps a thread, and those that it starts from now on, on one core. `thread` is 0 for
/// the calling one; a pid is the first thread of that process. Throws
/// `std::system_error`, e.g. when there is no such core (sched_setaffinity(2)).
void pin_to_core(int core, pid_t thread = 0);

/// The number behind a name in a file such as /proc/self/status ("Threads") or
/// /proc/meminfo ("MemAvailable", in KB). Throws `std::runtime_error` when it is not
/// there.
std::size_t number_in(const std::string& file, std::string_view name);

} // namespace ladder
