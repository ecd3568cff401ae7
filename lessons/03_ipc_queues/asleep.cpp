#include "asleep.hpp"

#include <fmt/format.h>

#include <fstream>
#include <string>
#include <thread>

namespace ladder::ipc_queues {

namespace {

struct look {
    char state = '?';
    std::string switches = {}; ///< How often it has given the core away.
};

look look_at(pid_t pid) {
    look result;
    std::ifstream file{fmt::format("/proc/{}/status", pid)};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("State:\t")) result.state = line[7];
        if (line.starts_with("voluntary_ctxt_switches:")) result.switches = line;
    }
    return result;
}

} // namespace

bool wait_until_asleep(pid_t pid, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    look before = look_at(pid);
    while (std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
        look now = look_at(pid);
        if (now.state == 'Z' || now.state == '?') return false;
        if (before.state == 'S' && now.state == 'S' && now.switches == before.switches)
            return true;
        before = std::move(now);
    }
    return false;
}

} // namespace ladder::ipc_queues
