#include "blocked.hpp"

#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>

#include <unistd.h>

namespace ladder {

namespace {

struct thread_status {
    bool asleep = false;
    std::uint64_t switches = 0;
    std::uint64_t run_time = 0; // nanoseconds
};

thread_status look(pid_t thread) {
    thread_status result;
    const std::string folder = "/proc/self/task/" + std::to_string(thread);
    std::ifstream{folder + "/schedstat"} >> result.run_time;
    std::ifstream file{folder + "/status"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("State:")) result.asleep = line.starts_with("State:\tS");
        const auto colon = line.find("voluntary_ctxt_switches:");
        if (colon != line.npos)
            result.switches += std::stoull(line.substr(line.find(':') + 1));
    }
    return result;
}

} // namespace

blocked::blocked(std::function<void()> work)
    : thread_([this, work = std::move(work)] {
          tid_ = ::gettid();
          work();
          ended_ = true;
      }) {}

blocked::~blocked() {
    if (thread_.joinable()) thread_.join();
}

bool blocked::sleeps(int looks) const {
    const thread_status first = look(tid_);
    thread_status last = first;
    int quiet = 0;
    for (int i = 0; i < 10'000 && quiet < looks && !ended_; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
        const thread_status now = look(tid_);
        quiet = now.asleep && now.switches == last.switches ? quiet + 1 : 0;
        if (now.run_time > first.run_time + 200'000'000) break;
        if (now.switches > first.switches + 200) break;
        last = now;
    }
    return quiet == looks && !ended_;
}

} // namespace ladder
