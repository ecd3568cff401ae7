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
        result.held_.insert("shared memory " + entry.path().filename().string());
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
