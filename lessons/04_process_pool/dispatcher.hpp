#pragma once

#include "worker.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

namespace ladder::process_pool {

struct frame;

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

/// The pool, for bytes: owns the workers and all state. It has no thread of its own. It
/// moves when it is called, and then in one place, with poll(2): in `submit`, `wait` and
/// `join`. So one thread uses it, and forks of a process with one thread are safe.
///
/// A worker's death is the end of its stream. What it had sent before is still read. Then
/// the task that it had *begun* gets a second and last try, and those that it held ahead
/// of that go back as if nothing had been.
class dispatcher {
public:
    /// Forks the workers. `what` is copied with the process. Throws `std::system_error`.
    dispatcher(work what, const pool_options& options);
    ~dispatcher(); ///< Kills the workers; what has not ended is abandoned.
    dispatcher(const dispatcher&) = delete;
    dispatcher& operator=(const dispatcher&) = delete;

    /// Serves the workers while the queue is full, but not within `on_end`. `on_end` is
    /// called in any of the three functions. What it throws leaves that function; the
    /// pool stays whole. Throws `std::logic_error` after `close`.
    void submit(const std::shared_ptr<job>& task);

    /// Serves the workers until `task` has ended. Throws `std::logic_error` within
    /// `on_end`, which is called by the one who would have to serve.
    void wait(const job& task);

    void close() noexcept { closed_ = true; }

    /// `close`, serves the workers until all tasks have ended, and then lets them go.
    void join();

    std::vector<pid_t> pids() const; ///< Of the workers that there are now.

    const pool_statistics& statistics() const noexcept { return statistics_; }

private:
    struct worker;
    using clock = std::chrono::steady_clock;

    bool start(worker&);
    void start_missing();
    void hand_out();
    bool idle_worker() const;
    void write(worker&);
    void read(worker&);
    void take(worker&, const frame&);
    void bury(worker&);
    void expire(worker&);
    void end(std::shared_ptr<job>, outcome);
    void step(int timeout);
    void serve_until(const std::function<bool()>& is_so);
    void call_back();
    int next_deadline() const;
    bool busy() const;

    work work_;
    pool_options options_;
    pid_t owner_;
    std::vector<std::unique_ptr<worker>> workers_;
    std::deque<std::shared_ptr<job>> waiting_;
    std::deque<std::shared_ptr<job>> ended_; ///< Their `on_end` is to be called.
    pool_statistics statistics_;
    clock::time_point now_{};
    std::uint64_t submitted_ = 0;
    std::size_t useless_ = 0; ///< Workers in a row that died without beginning a task.
    bool closed_ = false;
    bool calling_back_ = false;
};

} // namespace ladder::process_pool
