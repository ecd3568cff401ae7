#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <thread>

#include <sys/types.h>

namespace ladder {

/// How often the calling thread has gone to sleep (proc_pid_status(5)).
long sleeps_of_this_thread();

/// Runs something in a thread of its own that is expected to block there, and says
/// whether it sleeps: not by how long it takes, but by what the kernel says about the
/// thread in /proc/self/task/TID (proc_pid_status(5)). Joins at the end.
class blocked {
public:
    explicit blocked(std::function<void()> work);
    ~blocked();

    blocked(const blocked&) = delete;
    blocked& operator=(const blocked&) = delete;

    void join() { thread_.join(); }

    bool ended() const noexcept { return ended_; }

    /// True as soon as it has slept for so many looks, one every 2 ms, without waking
    /// between them. False when it has ended; when it has run for 200 ms or woken 200
    /// times since this began to look, so that it computes or looks again and again; or
    /// after 20 seconds.
    bool sleeps(int looks = 20) const;

private:
    friend class held;

    std::atomic<pid_t> tid_ = 0;
    std::atomic<bool> ended_ = false;
    std::thread thread_; // last: it uses the others
};

/// How often a process or a thread (by its number) goes to sleep within 200 ms, so how
/// often it has woken: one that waits until somebody wakes it does not, one that looks
/// again and again does.
std::uint64_t wake_ups(pid_t of);

/// Keeps threads that sleep from waking, for as long as it lives: they may be notified,
/// but go on only afterwards. Each sits in a signal handler (SIGUSR2) meanwhile. One at a
/// time in a process.
class held {
public:
    held(std::initializer_list<const blocked*> threads);
    ~held();

    held(const held&) = delete;
    held& operator=(const held&) = delete;

private:
    void hear() const; // from all of them

    std::size_t count_;
};

} // namespace ladder
