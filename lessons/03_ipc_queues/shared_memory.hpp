#pragma once

#include <cstddef>
#include <new>
#include <string>
#include <utility>

#include <unistd.h>

namespace ladder::ipc_queues {

/// Memory that several processes see, mapped into this one; zero when it is new. A copy
/// of this object that fork(2) made is the same memory. Unmapped at the end, and the
/// memory is given back when nobody maps it any more and it has no name.
///
/// What lies in it must not hold pointers or references (it may be mapped elsewhere in
/// another process), nor anything that works within one process only: `std::mutex` and
/// `std::atomic::wait` are such. Atomics that are lock-free work ([atomics.lockfree]).
class shared_memory {
public:
    /// Without a name: for this process and those that it forks from now on.
    static shared_memory anonymous(std::size_t size);
    /// New, under a name as `owned_name` makes it. Fails if the name is there already.
    static shared_memory create(const std::string& name, std::size_t size);
    /// What another process has made under that name.
    static shared_memory open(const std::string& name);

    // All three throw `std::system_error`.

    shared_memory(shared_memory&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(other.size_) {}

    shared_memory& operator=(shared_memory&&) = delete;
    ~shared_memory();

    void* data() const noexcept { return data_; }

    std::size_t size() const noexcept { return size_; } ///< Bytes.

private:
    shared_memory(void* data, std::size_t size) noexcept : data_(data), size_(size) {}

    void* data_;
    std::size_t size_;
};

/// A T that this process shares with those that it forks, e.g. `shared<std::atomic<int>>
/// sum{0}`. The process that made it destroys it, so it must outlive the others.
template <class T>
class shared {
public:
    template <class... Arguments>
    explicit shared(Arguments&&... arguments)
        : memory_(shared_memory::anonymous(sizeof(T))),
          value_(::new (memory_.data()) T(std::forward<Arguments>(arguments)...)),
          owner_(::getpid()) {}

    ~shared() {
        if (owner_ == ::getpid()) value_->~T();
    }

    shared(const shared&) = delete;
    shared& operator=(const shared&) = delete;

    T& operator*() const noexcept { return *value_; }

    T* operator->() const noexcept { return value_; }

private:
    shared_memory memory_;
    T* value_;
    pid_t owner_;
};

} // namespace ladder::ipc_queues
