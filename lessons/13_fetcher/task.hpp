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
    std::uint64_t id = 0; ///< Of a list, the number of its line.
    std::string url{};
    std::string method{};  ///< This and the next two: its line's own; empty: as all.
    std::string headers{}; ///< Lines with CR LF.
    std::string data{};
    std::string words{};   ///< That stand in the URL, with tabs between them.
    std::string problem{}; ///< With its line: it is not to be fetched.
};

/// What became of it.
struct outcome {
    std::uint64_t id = 0;
    std::int32_t status = 0; ///< 0: no HTTP answer.
    std::uint64_t bytes = 0; ///< Of the body.
    std::error_code error{}; ///< Of the network, the answer, or the disk.
    /// The error is the disk's: the next page will not do better.
    bool disk_failed = false;
    /// The worker was told to begin nothing new, and has not: it is not done.
    bool given_back = false;
    std::uint32_t attempts = 0;
    std::chrono::microseconds elapsed{};
    std::string sha256{}; ///< Of the whole body, in hexadecimal; empty after an error.
    std::string file{};   ///< Where it was saved, below the folder; empty: not saved.
    std::optional<std::uint64_t> offset{}; ///< In that file, when it is an archive.
    std::uint32_t redirects = 0;           ///< That were followed.
    std::string final_url{};               ///< Where they led; empty: there were none.
    std::string detail{};                  ///< More about the error; empty: it says all.
    bool judged = false;                   ///< Not every page is looked for.
    std::string mismatch{};                ///< Why this one is not; empty: it is.
};

/// What is known about the whole run.
struct run_totals {
    std::uint64_t taken = 0;  ///< URLs read from the list.
    std::uint64_t done = 0;   ///< Of these, how many have their outcome.
    std::uint64_t failed = 0; ///< Outcomes with an error.
    std::uint64_t saved = 0;
    std::uint64_t bytes = 0; ///< Of bodies.
    std::uint64_t workers_lost = 0;
    std::uint64_t done_before = 0; ///< In earlier runs of the job; not among the others.
};

/// Where the URLs come from.
class url_source {
public:
    virtual ~url_source() = default;
    /// The next URL, or nothing at the end. No two have the same id. May suspend the
    /// calling fiber.
    virtual std::optional<task> next() = 0;
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
