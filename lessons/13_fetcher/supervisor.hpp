#pragma once

#include "protocol.hpp"
#include "statistics.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ladder::fibers_on_asio {
class event_loop;
}

namespace ladder::fetcher {

struct supervisor_settings {
    std::string program;       ///< The fetcher itself, which becomes the workers.
    std::size_t processes = 1; ///< 1 to shared_statistics::max_workers.
    worker_settings worker;    ///< For each of them; `number` is filled in.
    /// Hand out more than a worker has fibers, as much as it got done lately. A fast
    /// worker then never waits for us, but the last pages may be shared out unevenly.
    bool ahead = true;
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

/// Runs worker processes and owns all state: which URL is with which worker, how much
/// credit a worker has, what to do when one dies. It is single-threaded; its memory
/// depends on what is in flight, not on the length of the list.
///
/// A worker that dies costs its URLs another try, with another worker. A URL that was
/// with two workers when they died is suspect: from then on a worker gets it alone, and
/// it is given up when that killed two of them. So a URL that kills is found, its
/// neighbours are not blamed, and neither is a URL that a worker happened to have when
/// somebody killed it.
class supervisor {
public:
    /// Gets every URL's outcome, exactly once each, in order of completion. `worker` is
    /// -1 for a URL that no worker got done; `error` says what happened, if anything.
    using outcome_sink = std::function<void(const task& task, const outcome& outcome,
                                            int worker, const std::string& error)>;

    /// Call in a thread that has `loop`, before other threads exist. Throws
    /// std::system_error when workers cannot be started.
    supervisor(fibers_on_asio::event_loop& loop, supervisor_settings settings);
    ~supervisor(); ///< Kills workers that still run, and removes what they left.
    supervisor(const supervisor&) = delete;
    supervisor& operator=(const supervisor&) = delete;

    /// Fetches everything that `urls` gives. Returns when every URL that was handed
    /// out has its outcome and all workers are gone. Throws what the functions throw,
    /// and std::runtime_error when workers die as soon as they are started.
    void run(url_source& urls, const outcome_sink& on_outcome);

    /// Hand out no more URLs; `run` returns when those in flight are done. In a fiber or
    /// a handler of the loop.
    void drain();
    /// Give up at once: kill the workers; `run` returns soon.
    void abort();

    const run_totals& totals() const noexcept;
    shared_statistics& statistics() noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace ladder::fetcher
