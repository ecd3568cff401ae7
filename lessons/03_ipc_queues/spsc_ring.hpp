#pragma once

#include "shared_semaphore.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace ladder::ipc_queues {

/// A queue without a lock, for one sender and one receiver: threads, or processes when it
/// lies in shared memory. It never waits. Both sides only ever add to a number of their
/// own, so that nobody can die with anything locked. (L. Lamport, "Specifying Concurrent
/// Program Modules", 1983; `boost::lockfree::spsc_queue` is the same for daily use.)
template <class T, std::size_t Capacity>
class spsc_ring {
    static_assert(std::is_trivially_copyable_v<T>, "another process has other pointers");
    static_assert(std::has_single_bit(Capacity), "so that the numbers may wrap around");
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

public:
    /// False when it is full. Only the sender calls it.
    bool try_push(const T& value) noexcept {
        // [ring]
        const auto end = pushed_.load(std::memory_order_relaxed); // nobody else writes it
        // acquire: the receiver has copied what was in the place before we fill it again
        if (end - popped_.load(std::memory_order_acquire) == Capacity) return false;
        places_[end % Capacity] = value;
        // release: a receiver that sees the new number sees the value as well
        pushed_.store(end + 1, std::memory_order_release);
        return true;
        // [/ring]
    }

    /// Nothing when it is empty. Only the receiver calls it.
    std::optional<T> try_pop() noexcept {
        const auto begin = popped_.load(std::memory_order_relaxed);
        if (pushed_.load(std::memory_order_acquire) == begin) return std::nullopt;
        const T value = places_[begin % Capacity];
        popped_.store(begin + 1, std::memory_order_release);
        return value;
    }

private:
    // On cache lines of their own, or each side slows down the other by writing.
    alignas(64) std::atomic<std::uint64_t> pushed_{0};
    alignas(64) std::atomic<std::uint64_t> popped_{0};
    alignas(64) std::array<T, Capacity> places_{};
};

/// The ring, and two semaphores to wait with: a bounded queue in shared memory for one
/// sender and one receiver, that ends when the sender says so. The death of a process is
/// no end: memory does not notice it. Whoever started the process does (wait(2)).
template <class T, std::size_t Capacity>
class ring_queue {
public:
    /// Waits while the queue is full. Only the sender calls it, and not after close().
    void send(const T& value) {
        room_.wait();
        ring_.try_push(value);
        filled_.post();
    }

    /// The same, but gives up: false, and nothing was sent.
    bool send_for(const T& value, std::chrono::milliseconds limit) {
        if (!room_.wait_for(limit)) return false;
        ring_.try_push(value);
        filled_.post();
        return true;
    }

    /// The close marker, which needs no room. Only the sender calls it, once.
    void close() { filled_.post(); }

    /// Waits for the next value; nothing when the queue was closed and is empty.
    std::optional<T> receive() {
        filled_.wait();
        const auto value = ring_.try_pop();
        if (value)
            room_.post();
        else
            filled_.post(); // it stays closed
        return value;
    }

private:
    shared_semaphore room_{Capacity};
    shared_semaphore filled_{0};
    spsc_ring<T, Capacity> ring_;
};

} // namespace ladder::ipc_queues
