#pragma once

#include "processes/unique_fd.hpp"

#include <boost/interprocess/mapped_region.hpp>

#include <array>
#include <atomic>
#include <cstdint>

namespace ladder::fetcher {

/// What one worker counts while it works. Only that worker writes, everybody may read:
/// nothing is ever locked, so a worker that dies cannot leave anything locked.
struct alignas(64) worker_statistics { // a cache line of its own
    std::atomic<std::uint64_t> bytes;
    std::atomic<std::uint64_t> in_flight;
    std::atomic<std::uint64_t> heartbeat; ///< Changes while the worker's loop turns.

    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

    /// For the one writer; cheaper than an atomic addition.
    static void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) {
        counter.store(counter.load(std::memory_order_relaxed) + amount,
                      std::memory_order_relaxed);
    }
};

/// One slot per worker, in memory that the supervisor and its workers share. The memory
/// has no name, only a descriptor that workers inherit (memfd_create(2)): nothing is left
/// in the system whoever is killed.
class shared_statistics {
public:
    static constexpr std::size_t max_workers = 256;

    /// Makes the memory; all counters are zero. Throws std::system_error.
    shared_statistics();
    /// Maps what the supervisor made. Does not own the descriptor.
    explicit shared_statistics(int inherited_descriptor);

    /// What a worker is to inherit; -1 in a worker.
    int descriptor() const noexcept { return memory_file_.get(); }

    worker_statistics& operator[](std::size_t worker) noexcept;

    /// How often a worker or the supervisor came to the point where it is to be killed.
    std::atomic<std::uint64_t>& arrivals() noexcept;

    /// The sum over all workers, which may be counting meanwhile.
    std::uint64_t total(std::atomic<std::uint64_t> worker_statistics::*counter) noexcept;

private:
    struct shared_memory {
        std::array<worker_statistics, max_workers> slots;
        std::atomic<std::uint64_t> arrivals;
    };

    processes::unique_fd memory_file_; ///< None in a worker: the mapping is enough.
    boost::interprocess::mapped_region memory_;
};

} // namespace ladder::fetcher
