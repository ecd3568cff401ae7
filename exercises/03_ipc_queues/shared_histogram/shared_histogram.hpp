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
        // TODO: what fork(2) copies, nobody shares.
        void* const memory = ::mmap(nullptr, sizeof(counts), PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            throw std::system_error{errno, std::generic_category(), "mmap"};
        counts_ = new (memory) counts{};
    }

    ~shared_histogram() { ::munmap(counts_, sizeof(counts)); }

    shared_histogram(const shared_histogram&) = delete;
    shared_histogram& operator=(const shared_histogram&) = delete;

    /// `value` came once more.
    void add(std::size_t value) {
        // TODO: another process may be in here too, and any of them may be killed here.
        const long seen = counts_->of_value[value];
        ladder::point("after read");
        counts_->of_value[value] = seen + 1;
        ladder::point("after write");
        counts_->total += 1;
    }

    /// How often `value` came.
    long count(std::size_t value) const { return counts_->of_value[value]; }

    /// How often any value came: the sum of all counts.
    long total() const { return counts_->total; }

private:
    struct counts {
        std::array<long, values> of_value{};
        long total = 0;
    };

    counts* counts_;
};

} // namespace ladder
