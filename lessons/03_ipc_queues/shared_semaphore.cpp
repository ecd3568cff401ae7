#include "shared_semaphore.hpp"

#include <cerrno>
#include <ctime>
#include <system_error>

namespace ladder::ipc_queues {

shared_semaphore::shared_semaphore(unsigned count) noexcept {
    ::sem_init(&semaphore_, /* shared between processes */ 1, count);
}

shared_semaphore::~shared_semaphore() {
    ::sem_destroy(&semaphore_);
}

void shared_semaphore::post() {
    if (::sem_post(&semaphore_) != 0)
        throw std::system_error{errno, std::generic_category(), "sem_post"};
}

void shared_semaphore::wait() noexcept {
    while (::sem_wait(&semaphore_) != 0 && errno == EINTR) {
    }
}

bool shared_semaphore::wait_for(std::chrono::milliseconds limit) noexcept {
    timespec end{};
    ::clock_gettime(CLOCK_MONOTONIC, &end);
    const auto nanoseconds = end.tv_nsec + limit.count() % 1000 * 1'000'000;
    end.tv_sec += limit.count() / 1000 + nanoseconds / 1'000'000'000;
    end.tv_nsec = nanoseconds % 1'000'000'000;
    int result = 0;
    while ((result = ::sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &end)) != 0 &&
           errno == EINTR) {
    }
    return result == 0;
}

} // namespace ladder::ipc_queues
