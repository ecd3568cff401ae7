#pragma once

#include "cluster.hpp"
#include "network.hpp"
#include "processes/child_process.hpp"

#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

/// Machines that are process groups of this one, with networks of their own if wanted:
/// what demos, tests and the benchmark start, kill, stop and cut off.
namespace ladder::beyond_one_machine {

/// A program with the processes that it starts. Killed when this object, or the thread
/// that made it, ends.
class machine {
public:
    struct settings {
        std::map<std::string, std::string> environment{};
        std::string output{}; ///< A file, for what it says; empty: nobody's.
        unsigned cable = 0;   ///< Of a `network` around us; 0: it is in ours.
    };

    machine(const std::vector<std::string>& argv, const settings& s);
    explicit machine(const std::vector<std::string>& argv);
    ~machine();
    machine(machine&&) noexcept = default;
    machine& operator=(machine&& other) noexcept;

    /// To all of its processes: SIGKILL is the machine's power failure, SIGSTOP its
    /// longest pause, SIGTERM somebody who asks it to end.
    void signal(int number);
    /// Its network is gone, and comes back. It has a cable.
    void cut_off() { cut(cable_); }

    void connect() { mend(cable_); }

    bool has_cable() const { return cable_ != 0; }

    bool ended();
    /// As a shell has it: 128 + n when signal n ended it.
    int wait();

private:
    processes::child_process process_;
    unsigned cable_;
};

/// One of rung 13's fetchers, at a job of this cluster.
std::vector<std::string> fetcher_command(const cluster& at, const std::string& job,
                                         const std::string& name,
                                         const std::vector<std::string>& more = {});

/// fetch_list, with what it is to do there.
std::vector<std::string> list_command(const std::string& what, const cluster& at,
                                      const std::string& job,
                                      const std::vector<std::string>& more = {});

/// Runs it to its end, and returns what it said; throws std::runtime_error with that when
/// it fails.
std::string run_to_end(const std::vector<std::string>& argv);

} // namespace ladder::beyond_one_machine
