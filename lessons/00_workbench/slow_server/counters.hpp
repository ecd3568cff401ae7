#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ladder::server {

struct string_hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

/// What `/stats` tells.
struct counters {
    std::uint64_t requests = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t peak_in_flight = 0;
    std::uint64_t connections = 0;
    std::uint64_t open_connections = 0;
    std::uint64_t resets = 0;
    std::unordered_map<std::string, std::uint64_t, string_hash, std::equal_to<>>
        per_target;

    /// Counts a request; how often its target was asked for by now.
    std::uint64_t begin(std::string_view target) {
        ++requests;
        peak_in_flight = std::max(peak_in_flight, ++in_flight);
        auto found = per_target.find(target);
        if (found == per_target.end()) found = per_target.emplace(target, 0).first;
        return ++found->second;
    }

    void reset() {
        requests = connections = 0;
        peak_in_flight = in_flight;
        ++resets;
        per_target.clear();
    }
};

} // namespace ladder::server
