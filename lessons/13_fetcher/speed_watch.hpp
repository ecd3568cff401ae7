#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ladder::fetcher {

/// At least so many bytes in each piece of time of that length.
struct minimum_speed {
    std::uint64_t bytes = 0; ///< 0: any speed will do.
    std::chrono::milliseconds window{1000};
    bool operator==(const minimum_speed&) const = default;
};

/// "1KB/s", or "5KB/10s": that many in any ten seconds.
std::optional<minimum_speed> parse_speed(std::string_view text);

/// Is an answer, once it has begun, too slow? Without a clock: it is told what came when.
class speed_watch {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit speed_watch(const minimum_speed& least) : least_(least) {}

    /// Something came, or the time that `look_at` said. Returns whether it is too slow.
    bool too_slow(std::uint64_t bytes, time_point now) {
        if (least_.bytes == 0) return false;
        if (window_end_ == time_point::max()) {
            if (bytes > 0) window_end_ = now + least_.window;
            return false;
        }
        came_ += bytes;
        if (now < window_end_) return false;
        const bool slow = came_ < least_.bytes;
        came_ = 0;
        window_end_ = now + least_.window;
        return slow;
    }

    /// When to look again though nothing came, at the latest at the deadline.
    time_point look_at(time_point deadline) const {
        return std::min(deadline, window_end_);
    }

private:
    minimum_speed least_;
    std::uint64_t came_ = 0;                    ///< In this window.
    time_point window_end_ = time_point::max(); ///< Nothing has come yet.
};

} // namespace ladder::fetcher
