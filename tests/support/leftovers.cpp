#include "leftovers.hpp"

#include "sanitizer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include <unistd.h>

namespace ladder {

namespace fs = std::filesystem;

namespace {

pid_t parent_of(pid_t process) { // 0: it is gone; proc_pid_stat(5)
    std::ifstream file{fmt::format("/proc/{}/stat", process)};
    std::string stat;
    std::getline(file, stat);
    std::istringstream rest{stat.substr(std::min(stat.rfind(')') + 1, stat.size()))};
    std::string state;
    pid_t parent = 0;
    rest >> state >> parent;
    return parent;
}

/// The name has the number of a living process in it that is not ours: another program
/// beside this one made it.
bool of_a_stranger(const std::string& name) {
    for (std::size_t at = 0; at < name.size();) {
        const std::size_t begin = name.find_first_of("0123456789", at);
        if (begin == name.npos) return false;
        at = std::min(name.find_first_not_of("0123456789", begin), name.size());
        if (at - begin > 7) continue; // no pid is that large
        const pid_t owner = std::stoi(name.substr(begin, at - begin));
        if (owner < 2 || parent_of(owner) == 0) continue;
        pid_t ancestor = owner;
        while (ancestor > 1 && ancestor != getpid())
            ancestor = parent_of(ancestor);
        if (ancestor != getpid()) return true;
    }
    return false;
}

} // namespace

leftovers leftovers::now() {
    if constexpr (thread_sanitizer) { // its own thread comes with the first other one
        static const bool it_is_there = [] {
            std::thread{[] {}}.join();
            return true;
        }();
        (void)it_is_there;
    }
    leftovers result;
    std::error_code ignored;

    std::set<std::string> descriptors; // without the one that lists them
    for (const auto& entry : fs::directory_iterator{"/proc/self/fd"})
        descriptors.insert(entry.path().filename());
    for (const auto& number : descriptors) {
        const auto target = fs::read_symlink("/proc/self/fd/" + number, ignored);
        if (!ignored && target != fmt::format("/proc/{}/fd", getpid()))
            result.held_.insert(
                fmt::format("descriptor {} ({})", number, target.string()));
    }

    for (const auto& task : fs::directory_iterator{"/proc/self/task"})
        result.held_.insert("thread " + task.path().filename().string());

    for (const auto& process : fs::directory_iterator{"/proc"}) {
        std::ifstream file{process.path() / "stat"}; // "pid (name) state parent ..."
        std::string stat;
        if (!std::getline(file, stat)) continue;
        std::istringstream rest{stat.substr(stat.rfind(')') + 1)};
        std::string state;
        pid_t parent = 0;
        if (rest >> state >> parent && parent == getpid())
            result.held_.insert("process " + process.path().filename().string());
    }

    for (const auto& entry : fs::directory_iterator{"/dev/shm", ignored})
        if (const std::string name = entry.path().filename(); !of_a_stranger(name))
            result.held_.insert("shared memory " + name);
    return result;
}

std::string leftovers::since(const leftovers& before) {
    using namespace std::chrono;
    std::set<std::string> extra;
    for (const auto end = steady_clock::now() + 5s; steady_clock::now() < end;) {
        extra.clear();
        const auto after = now();
        std::ranges::set_difference(after.held_, before.held_,
                                    std::inserter(extra, extra.end()));
        if (extra.empty()) return {};
        std::this_thread::sleep_for(1ms); // and leave the core to what is on its way out
    }
    return fmt::format("{}", fmt::join(extra, ", "));
}

} // namespace ladder
