#pragma once

#include <string>

namespace ladder {

/// Removes a file or a folder also when a signal ends this process (SIGINT, SIGTERM,
/// SIGHUP or SIGPIPE), where no destructor runs. A process that handles such a signal
/// itself, or ignores it, sees to that itself; so does one that is killed by SIGKILL,
/// which nobody can. In a forked child it removes nothing.
///
/// The program's start and what begins make the signal handler, for each of the signals
/// that has none. Up to 64 at a time; what is more than that stays. Any thread.
class removal_at_death {
public:
    removal_at_death() = default;
    ~removal_at_death();
    removal_at_death(const removal_at_death&) = delete;
    removal_at_death& operator=(const removal_at_death&) = delete;

    /// From now on; once. The path is absolute.
    void begin(const std::string& path);

private:
    int slot_ = -1;
};

} // namespace ladder
