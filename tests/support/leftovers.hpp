#pragma once

#include <set>
#include <string>

namespace ladder {

/// What a process holds that should not outlive the work: open descriptors, child
/// processes (zombies too), threads and the names in /dev/shm.
class leftovers {
public:
    static leftovers now();

    /// What is there now that was not there `before`, in words; empty when nothing is.
    /// A thread that was joined may still be on its way out, so it looks again for a
    /// while before it says so.
    static std::string since(const leftovers& before);

private:
    std::set<std::string> held_;
};

} // namespace ladder
