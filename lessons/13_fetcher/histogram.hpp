#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ladder::fetcher {

/// How often which number came, in a memory that does not depend on how many came: up to
/// 32 exactly, and from there on in steps of 1/16, so a percentile is right to 7 %.
class histogram {
public:
    void add(std::uint64_t value);

    std::uint64_t count() const noexcept { return count_; }

    std::uint64_t largest() const noexcept { return largest_; }

    /// So that `part` of all numbers, from 0 to 1, are not above it; 0 when there are
    /// none.
    std::uint64_t percentile(double part) const;

private:
    std::vector<std::uint32_t> buckets_; ///< As many as were needed; at most 976.
    std::uint64_t count_ = 0;
    std::uint64_t largest_ = 0;
};

} // namespace ladder::fetcher
