#pragma once

// The processes below this one, as /proc shows them. For `measure` (stopwatch.hpp).

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include <sys/types.h>

namespace ladder {

struct process {
    pid_t pid = 0;
    pid_t parent = 0;
    std::size_t threads = 0;
    bool zombie = false;
};

/// The processes that descend from this one and were not there before. Everybody's parent
/// is read once, when the process is new: an outsider never becomes an insider.
class process_tree {
public:
    process_tree();

    std::vector<process> look();

private:
    std::set<pid_t> outside_;
    std::set<pid_t> family_; // as of the last look
};

/// Its proportional set size (PSS) in bytes; 0 when the process is gone.
std::uint64_t memory_of(const process& one);

} // namespace ladder
