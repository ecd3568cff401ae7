#include "process_state.hpp"

#include <cstring>
#include <fstream>

namespace ladder::processes {

std::string state_of(pid_t pid) {
    std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("State:\t")) return line.substr(std::strlen("State:\t"));
    return "gone";
}

} // namespace ladder::processes
