#pragma once

#include <chrono>

#include <semaphore.h>

namespace ladder::ipc_queues {

/// A counter to wait at, for shared memory (sem_overview(7)): wait() takes one away, and
/// sleeps while there is none; post() adds one. It has no owner. So a process that dies
/// while it sleeps here leaves nothing locked, and the others go on.
///
/// `std::counting_semaphore` is no replacement: like `std::atomic::wait` it sleeps where
/// only threads of the same process can wake it.
class shared_semaphore {
public:
    explicit shared_semaphore(unsigned count) noexcept;
    ~shared_semaphore();
    shared_semaphore(const shared_semaphore&) = delete;
    shared_semaphore& operator=(const shared_semaphore&) = delete;

    /// Any process and thread may call these; a signal handler may call post(). Throws
    /// `std::system_error` when the count is at its limit, INT_MAX.
    void post();
    void wait() noexcept;
    /// False when there was still none after that time.
    bool wait_for(std::chrono::milliseconds limit) noexcept;

private:
    sem_t semaphore_;
};

} // namespace ladder::ipc_queues
