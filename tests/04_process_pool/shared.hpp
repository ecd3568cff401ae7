#pragma once

#include "running_program.hpp"

#include <atomic>
#include <cerrno>
#include <new>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

namespace ladder {

/// A value that a process has in common with those that it forks, to count what they do.
template <class T>
class shared {
public:
    shared() {
        void* memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            throw std::system_error{errno, std::generic_category(), "mmap"};
        value_ = new (memory) T{};
    }

    ~shared() { ::munmap(value_, sizeof(T)); }

    shared(const shared&) = delete;
    shared& operator=(const shared&) = delete;

    T& operator*() const { return *value_; }

    T* operator->() const { return value_; }

private:
    T* value_;
};

using counter = shared<std::atomic<int>>;

/// Waits until so many have come here. Passes only if they run at the same time.
inline void meet(std::atomic<int>& here, int all) {
    ++here;
    wait_until([&] { return here >= all; }, "the others");
}

[[noreturn]] inline void wait_for_ever() {
    for (;;)
        ::pause();
}

} // namespace ladder
