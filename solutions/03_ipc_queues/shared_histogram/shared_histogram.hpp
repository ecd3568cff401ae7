#pragma once

#include "workbench/interleave.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <new>
#include <system_error>

#include <sys/mman.h>

namespace ladder {

/// How often each of ten values came, counted by several processes into the same memory.
/// Make it before fork(2). Every process may call everything at any time, and any of them
/// may be killed at any time.
class shared_histogram {
public:
    static constexpr std::size_t values = 10; ///< 0 to 9.

    shared_histogram() {
        void* const memory = ::mmap(nullptr, sizeof(counts), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            throw std::system_error{errno, std::generic_category(), "mmap"};
        counts_ = new (memory) counts{};
    }

    ~shared_histogram() { ::munmap(counts_, sizeof(counts)); }

    shared_histogram(const shared_histogram&) = delete;
    shared_histogram& operator=(const shared_histogram&) = delete;

    /// `value` came once more.
    void add(std::size_t value) {
        counts_->of_value[value].fetch_add(1, std::memory_order_relaxed);
        ladder::point("after write");
    }

    /// How often `value` came.
    long count(std::size_t value) const { return counts_->of_value[value]; }

    /// How often any value came: the sum of all counts.
    long total() const {
        long sum = 0;
        for (const std::atomic<long>& count : counts_->of_value)
            sum += count;
        return sum;
    }

private:
    struct counts {
        std::array<std::atomic<long>, values> of_value{};
    };

    counts* counts_;
};

} // namespace ladder
