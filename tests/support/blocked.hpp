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
/// thread in /proc/self/task/TID/status. Joins at the end.
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

    /// True as soon as it has slept for 20 looks, without waking between them. False when
    /// it has ended, or did not sleep like this within 10 seconds: it computes, or wakes
    /// again and again to look.
    bool sleeps() const {
        constexpr int looks = 20;
        std::uint64_t switches = 0;
        int quiet = 0;
        for (int i = 0; i < 5'000 && quiet < looks && !ended_; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds{2});
            const auto now = look();
            quiet = now.asleep && now.switches == switches ? quiet + 1 : 0;
            switches = now.switches;
        }
        return quiet == looks && !ended_;
    }

private:
    struct status {
        bool asleep = false;
        std::uint64_t switches = 0;
    };

    status look() const {
        status result;
        std::ifstream file{"/proc/self/task/" + std::to_string(tid_) + "/status"};
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("State:")) result.asleep = line.find('S') != line.npos;
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
