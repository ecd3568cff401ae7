#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ladder {

/// Numbers in a row: `first`, and all after it up to, but not including, `last`.
struct range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    friend bool operator==(const range&, const range&) = default;
};

/// Splits a range into `parts` ranges, one for each process: in order, without a gap and
/// without an overlap, and as even as they can be (their sizes differ by one at most; the
/// larger ones come first). No part is empty, so there are fewer when there are fewer
/// numbers. `parts` is at least 1, and `first` is not greater than `last`.
inline std::vector<range> split(range whole, std::size_t parts) {
    std::vector<range> result;
    // TODO: one process for all of it is no help.
    (void)parts;
    result.push_back(whole);
    return result;
}

} // namespace ladder
