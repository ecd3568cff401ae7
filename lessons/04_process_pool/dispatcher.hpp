#pragma once

#include "job.hpp"
#include "ledger.hpp"

#include <functional>
#include <memory>
#include <vector>

#include <sys/types.h>

namespace ladder::process_pool {

struct frame;
struct worker_link;

/// The pool, for bytes: owns the workers, and carries out what its ledger decides. It has
/// no thread of its own. It moves when it is called, and then in one place, with poll(2):
/// in `submit`, `wait` and `join`. So one thread uses it, and forks of a process with one
/// thread are safe.
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

    const pool_statistics& statistics() const noexcept { return books_.statistics; }

private:
    bool start(worker_link&);
    void start_missing();
    void hand_out();
    void read(worker_link&);
    void take(worker_link&, const frame&);
    void bury(worker_link&);
    void expire(worker_link&);
    void step(int timeout);
    void serve_until(const std::function<bool()>& is_so);
    void call_back();
    int next_deadline() const;

    work work_;
    pid_t owner_;
    ledger books_;
    std::vector<std::unique_ptr<worker_link>> workers_; ///< As numbered in the books.
    ledger::time_point now_{};
    bool closed_ = false;
    bool calling_back_ = false;
};

} // namespace ladder::process_pool
