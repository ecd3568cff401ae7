#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <system_error>

/// What the list, the ledger, the workers and the results say to each other.
namespace ladder::fetcher {

/// One URL to fetch.
struct task {
    std::uint64_t id = 0; ///< Its place in the list.
    std::string url{};
};

/// What became of it.
struct outcome {
    std::uint64_t id = 0;
    std::int32_t status = 0; ///< 0: no HTTP answer.
    std::uint64_t bytes = 0; ///< Of the body.
    std::error_code error{}; ///< Of the network, the answer, or the disk.
    bool disk_failed =
        false; ///< The error is the disk's: the next page will not do better.
    std::uint32_t attempts = 0;
    std::chrono::microseconds elapsed{};
    std::string sha256{}; ///< Of the whole body, in hexadecimal; empty after an error.
    std::string file{};   ///< Where it was saved, below the folder; empty: not saved.
};

/// What is known about the whole run.
struct run_totals {
    std::uint64_t taken = 0;  ///< URLs read from the list.
    std::uint64_t done = 0;   ///< Of these, how many have their outcome.
    std::uint64_t failed = 0; ///< Outcomes with an error.
    std::uint64_t saved = 0;
    std::uint64_t bytes = 0; ///< Of bodies.
    std::uint64_t workers_lost = 0;
};

/// Where the URLs come from.
class url_source {
public:
    virtual ~url_source() = default;
    /// The next URL, or nothing at the end. May suspend the calling fiber.
    virtual std::optional<std::string> next() = 0;
    /// Makes a `next` that waits, and all later ones, return nothing.
    virtual void close() noexcept = 0;
};

/// Where the outcomes go: every URL's, exactly once each, in order of completion.
/// No `worker` for a URL that none got done; `error` says what happened, if
/// anything.
using outcome_sink =
    std::function<void(const task& task, const outcome& outcome,
                       std::optional<std::size_t> worker, const std::string& error)>;

} // namespace ladder::fetcher
