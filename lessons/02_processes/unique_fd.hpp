#pragma once

#include <utility>

#include <unistd.h>

namespace ladder::processes {

/// Owns a descriptor, and closes it. A copy of the owner that fork(2) made owns the
/// descriptor of that process.
class unique_fd {
public:
    unique_fd() = default;

    explicit unique_fd(int fd) noexcept : fd_(fd) {}

    unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}

    unique_fd& operator=(unique_fd&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }

    ~unique_fd() { reset(); }

    int get() const noexcept { return fd_; } ///< -1: none.

    explicit operator bool() const noexcept { return fd_ >= 0; }

    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

    /// Closes the descriptor, and owns `fd` from now on.
    void reset(int fd = -1) noexcept {
        // Not again on EINTR: on Linux the descriptor is gone by then (close(2)).
        if (const int old = std::exchange(fd_, fd); old >= 0) ::close(old);
    }

private:
    int fd_ = -1;
};

} // namespace ladder::processes
