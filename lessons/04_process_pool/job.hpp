#pragma once

#include "worker.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

/// What the pool, its books and its dispatcher say to each other.
namespace ladder::process_pool {

struct pool_options {
    std::size_t workers = 0; ///< Processes; 0: as many as this one may use cores.
    /// Most tasks that wait here for a worker, each with its encoded request. When there
    /// are so many, `submit` serves the workers until there are fewer.
    std::size_t queue = 1'000;
    /// A worker that had so many ends, and a fresh one takes its place. 0: no limit.
    std::size_t tasks_per_worker = 0;
    /// For one task, from when its worker begins it. Whoever takes longer is killed,
    /// worker and all, and not tried again. 0: no limit.
    std::chrono::milliseconds time_limit{};
    /// Most tasks that a worker holds beside the one it runs, so that it never waits for
    /// us. It gets as many as it does in half a millisecond, so none of them when tasks
    /// take longer. 0: none ever, not even one quick task sits behind a slow one.
    std::size_t ahead = 64;
};

/// How a task ended.
enum class ending {
    done,        ///< With a response.
    failed,      ///< With an exception.
    worker_died, ///< Two workers died of it.
    timed_out,   ///< It ran into its time limit.
    abandoned,   ///< The pool ended before it did.
};

struct outcome {
    ending how{};
    std::string response{}; ///< Encoded, when it is done.
    failure thrown{};       ///< When it failed.
    std::string cause{};    ///< In words, when neither.
};

/// One task on its way. Whoever submitted it keeps it; `result` is there once `ended`.
struct job {
    std::uint64_t number = 0;
    std::string request; ///< Encoded; kept until the end, for a second try.
    std::chrono::milliseconds time_limit{};
    std::function<void(outcome&&)> on_end; ///< Called instead of keeping the result.

    bool started = false; ///< By the worker that has it now.
    int deaths = 0;       ///< Of workers that were running it.
    bool ended = false;
    outcome result;
};

/// What has happened to the workers so far.
struct pool_statistics {
    std::size_t started = 0; ///< Processes, the first ones too.
    std::size_t retired = 0; ///< Ended because they had their number of tasks.
    std::size_t lost = 0;    ///< Died, or were killed for a time limit.
    std::size_t retries = 0; ///< Tasks that were begun again.
};

} // namespace ladder::process_pool
