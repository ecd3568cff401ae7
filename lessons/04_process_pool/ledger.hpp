#pragma once

#include "job.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ladder::process_pool {

/// The books of a pool: which task is with which worker, who gets how many, what becomes
/// of them when a worker dies, and who has run out of time. It does no I/O and looks at
/// no clock: it is told what happened, and when, and says what to do. Which is why it is
/// tested without a process (test_ledger.cpp).
///
/// A task is in one place: it waits, or one worker holds it, or it has ended. A worker
/// runs what it holds one after the other, so only the first one can have begun, and only
/// that is to blame for a death: it gets a second and last try. Those behind it go back
/// as if nothing had been.
///
/// A worker is a number. It takes tasks from `started` to `died`, unless it is doomed
/// (its time is over; whatever it still says is void) or leaves (it had all that it may
/// have).
class ledger {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using task = std::shared_ptr<job>;

    static constexpr int deaths_until_given_up = 2;
    static constexpr std::size_t useless_until_given_up = 20; ///< Workers, see `died`.
    /// How much work a worker may hold ahead of what it runs.
    static constexpr std::chrono::microseconds enough_work{500};

    /// There are `options.workers` of them.
    explicit ledger(const pool_options& options);

    // --- of the tasks

    bool full() const noexcept { return waiting_.size() >= options_.queue; }

    void add(const task& added); ///< Gives it its number. `full` or not.

    /// One that has ended and whose `on_end` is to be called, in the order of their ends.
    task next_ended();

    bool any_ended() const noexcept { return !ended_.empty(); }

    /// No task is left: none waits, none is held, none is to be called back.
    bool busy() const noexcept;

    /// All that have not ended are abandoned.
    void abandon();

    // --- of the workers

    std::size_t workers() const noexcept { return workers_.size(); }

    void started(std::size_t worker);

    /// Is there one that could begin a task at once?
    bool idle() const noexcept;

    /// Gives what waits to workers that have run low; the one with the fewest gets the
    /// next. Returns those that had run low: there may be something to write to them.
    std::vector<std::size_t> hand_out();

    /// What a worker holds, in the order in which it runs them.
    const std::deque<task>& held(std::size_t worker) const {
        return workers_[worker].held;
    }

    /// It has begun the task with that number. Both throw `std::runtime_error` when that
    /// is not what it could have done.
    void begun(std::size_t worker, std::uint64_t number, time_point now);
    /// And now that has ended.
    void ended(std::size_t worker, std::uint64_t number, outcome&& result,
               time_point now);

    /// It is to be killed: what it runs has taken too long, and ended with that. From now
    /// on it is doomed.
    bool expire(std::size_t worker, time_point now);

    bool doomed(std::size_t worker) const { return workers_[worker].doomed; }

    /// When the next one expires.
    std::optional<time_point> deadline() const;

    /// It has had its number of tasks: it is to go. True once.
    bool may_go(std::size_t worker);

    /// Its process is gone. What it held waits again, before all others, or has died of
    /// it twice. When so many workers in a row died that had begun nothing, what waits
    /// has ended too, or that would go on for ever. `how` is in words.
    void died(std::size_t worker, const std::string& how);

    pool_statistics statistics;

private:
    struct account {
        std::deque<task> held;
        std::size_t given = 0; ///< Tasks, since it was started.
        bool there = false;
        bool useful = false;  ///< Has begun a task.
        bool doomed = false;  ///< We killed it; what it says is void.
        bool leaving = false; ///< We have told it to go.
        time_point began{};   ///< When the first of `held` began.
        std::chrono::nanoseconds pace = 2 * enough_work; ///< What a task takes, lately.

        bool takes_tasks() const { return there && !doomed && !leaving; }

        bool running() const { return !held.empty() && held.front()->started; }
    };

    std::size_t allowance(const account& w) const;
    void end(task ended, outcome&& result);

    pool_options options_;
    std::vector<account> workers_;
    std::deque<task> waiting_;
    std::deque<task> ended_; ///< Their `on_end` is to be called.
    std::uint64_t added_ = 0;
    std::size_t useless_ = 0; ///< Workers in a row that died without beginning a task.
};

} // namespace ladder::process_pool
