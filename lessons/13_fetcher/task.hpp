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

/// What a server said to random words.
struct random_answer {
    std::int32_t status = 0;
    std::uint64_t bytes = 0; ///< Of the body.
    std::string text{};      ///< Its Location, a line break, and the body's beginning.
};

/// One URL to fetch.
struct task {
    std::uint64_t id = 0; ///< Of a list, the number of its line.
    std::string url{};
    std::string at{};      ///< Where redirects have led so far; empty: nowhere.
    std::string so_far{};  ///< What the one who fetches it wants to remember.
    bool robots = false;   ///< It is a robots.txt that others wait for, and of no list.
    std::string method{};  ///< This and the next two: its line's own; empty: as all.
    std::string headers{}; ///< Lines with CR LF.
    std::string data{};
    std::string words{};   ///< That stand in the URL, with tabs between them.
    std::string problem{}; ///< With its line: it is not to be fetched.
    bool random = false;   ///< These words are in no list: others wait for its answer.
    /// It is not to be fetched, but tells a worker what the answer to these words is;
    /// status 0: that it will not be needed any more, nor others of the same place.
    std::optional<random_answer> learnt{};
};

/// What is asked next for the same URL: where a redirect leads, or the same again.
struct next_request {
    std::string at{};                  ///< Of the task from then on; and so is
    std::string so_far{};              ///< this.
    std::chrono::milliseconds pause{}; ///< Before it; what the host wants comes on top.
    bool same_again = false;           ///< What there is would do as an end, too.
};

/// When what happened to one request, since it began. What did not happen is 0, such as
/// the connecting when there was a connection.
struct request_times {
    std::chrono::microseconds began{};      ///< Of the machine's steady clock.
    std::chrono::microseconds found{};      ///< The name has its addresses,
    std::chrono::microseconds connected{};  ///< one of them is connected to,
    std::chrono::microseconds secured{};    ///< and sure of, for https.
    std::chrono::microseconds first_byte{}; ///< Of the answer.
    std::chrono::microseconds ended{};
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
    std::optional<std::chrono::seconds> retry_after{}; ///< That the answer asks for.
    std::string text{};      ///< Of a robots.txt, and as `random_answer` has it.
    request_times times{};   ///< Of the last request.
    std::uint32_t fiber = 0; ///< Of the worker, which made it.
    std::string content_type{};
    /// There is more to ask, and this is not the end: the task waits for its next turn.
    std::optional<next_request> next{};
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

/// A list that is not ours alone: where its URLs come from and where their outcomes go is
/// one place, which many machines use.
class shared_list : public url_source {
public:
    /// What became of one of its URLs: see outcome_sink. Must not suspend the fiber.
    virtual void take(const task&, const outcome&, std::optional<std::size_t> worker,
                      const std::string& error) = 0;
    /// No more comes: records what is whole, and gives the rest back. Throws what
    /// prevented it.
    virtual void end() = 0;
};

/// Where the outcomes go: every URL's, exactly once each, in order of completion.
/// No `worker` for a URL that none got done; `error` says what happened, if
/// anything.
using outcome_sink =
    std::function<void(const task& task, const outcome& outcome,
                       std::optional<std::size_t> worker, const std::string& error)>;

} // namespace ladder::fetcher
