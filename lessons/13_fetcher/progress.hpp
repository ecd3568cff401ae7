#pragma once

#include "task.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ladder::fetcher {

/// What is shown while pages are fetched.
struct progress_sample {
    std::optional<std::uint64_t> total; ///< Unknown for a pipe.
    std::uint64_t done = 0;
    std::uint64_t done_before = 0; ///< In earlier runs of the job.
    std::uint64_t failed = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t bytes = 0;
    std::chrono::steady_clock::duration elapsed{};
};

/// One line of at most `width` columns, without a line feed:
/// `[#####     ]  50%  100/200  812/s  3 failed  64 in flight  0:12 left`.
std::string progress_line(const progress_sample& sample, std::size_t width);

/// A URL may hold anything, and a terminal obeys some of that: what may be shown of it.
std::string printable(std::string text);

/// "1:02:03" or "0:12".
std::string duration_text(double seconds);

/// "3.21 s, 311/s, 1.2 MB" and the like, for the summary.
std::string summary_line(const run_totals& totals,
                         std::chrono::steady_clock::duration elapsed);

/// Never throws: what cannot be said must not keep the pages from being fetched.
void write_stderr(const std::string& text) noexcept;

} // namespace ladder::fetcher
