#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ladder::fetcher {

namespace {

constexpr unsigned step_bits = 4; // 16 steps from one power of two to the next
constexpr std::uint64_t exact = 2 << step_bits;

std::size_t bucket_of(std::uint64_t value) {
    if (value < exact) return static_cast<std::size_t>(value);
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - step_bits - 1;
    return (shift << step_bits) + static_cast<std::size_t>(value >> shift);
}

/// The largest number that goes there.
std::uint64_t end_of(std::size_t bucket) {
    if (bucket < exact) return bucket;
    const std::size_t shift = (bucket >> step_bits) - 1;
    const std::uint64_t steps = bucket - (shift << step_bits);
    return ((steps + 1) << shift) - 1;
}

} // namespace

void histogram::add(std::uint64_t value) {
    const std::size_t bucket = bucket_of(value);
    if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
    ++buckets_[bucket];
    ++count_;
    largest_ = std::max(largest_, value);
}

std::uint64_t histogram::percentile(double part) const {
    const auto wanted =
        static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t b = 0; b < buckets_.size(); ++b) {
        seen += buckets_[b];
        if (seen > 0 && seen >= wanted) return std::min(end_of(b), largest_);
    }
    return 0;
}

} // namespace ladder::fetcher
