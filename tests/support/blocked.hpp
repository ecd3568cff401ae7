#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include <unistd.h>

namespace ladder {

/// Runs something in a thread of its own that is expected to block there, and says
/// whether it sleeps: not by how long it takes, but by what the kernel says about the
/// thread in /proc/self/task/TID (proc_pid_status(5)). Joins at the end.
class blocked {
public:
    explicit blocked(std::function<void()> work)
        : thread_([this, work = std::move(work)] {
              tid_ = ::gettid();
              work();
              ended_ = true;
          }) {}

    ~blocked() {
        if (thread_.joinable()) thread_.join();
    }

    blocked(const blocked&) = delete;
    blocked& operator=(const blocked&) = delete;

    void join() { thread_.join(); }

    bool ended() const noexcept { return ended_; }

    /// True as soon as it has slept for so many looks, one every 2 ms, without
    /// waking between them. False when
    /// it has ended; when it has run for 200 ms or woken 200 times since this began to
    /// look, so that it computes or looks again and again; or after 20 seconds.
    bool sleeps(int looks = 20) const {
        const status first = look();
        status last = first;
        int quiet = 0;
        for (int i = 0; i < 10'000 && quiet < looks && !ended_; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds{2});
            const status now = look();
            quiet = now.asleep && now.switches == last.switches ? quiet + 1 : 0;
            if (now.run_time > first.run_time + 200'000'000) break;
            if (now.switches > first.switches + 200) break;
            last = now;
        }
        return quiet == looks && !ended_;
    }

private:
    struct status {
        bool asleep = false;
        std::uint64_t switches = 0;
        std::uint64_t run_time = 0; // nanoseconds
    };

    status look() const {
        status result;
        const std::string folder = "/proc/self/task/" + std::to_string(tid_);
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

    std::atomic<pid_t> tid_ = 0;
    std::atomic<bool> ended_ = false;
    std::thread thread_; // last: it uses the others
};

} // namespace ladder
