#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace ladder {

/// Where a task is.
enum class state { waiting, held, begun, done, failed };

/// The books of a process pool: which task is where. No I/O; the pool calls it when it
/// hands something out, when a worker says something, and when a worker's stream ends.
///
/// A worker holds several tasks, so that it never waits for the pool, and runs them in
/// the order in which it got them. It says when it begins one and when that is done.
class ledger {
public:
    explicit ledger(int tasks) : tasks_(static_cast<std::size_t>(tasks)) {
        for (int task = 0; task < tasks; ++task)
            waiting_.push_back(task);
    }

    /// The worker holds the next waiting task from now on, if there is one.
    std::optional<int> give(int worker) {
        if (waiting_.empty()) return {};
        const int task = waiting_.front();
        waiting_.pop_front();
        at(task).now = state::held;
        held_[worker].push_back(task);
        return task;
    }

    /// The worker begins the first task that it holds.
    void begun(int worker) { at(held_[worker].front()).now = state::begun; }

    /// The worker has ended the first task that it holds.
    void done(int worker) {
        at(held_[worker].front()).now = state::done;
        held_[worker].pop_front();
    }

    /// The worker has died; all that it had said before has been entered. Another one may
    /// take its number.
    ///
    /// The task that it had begun may be what killed it. It is the next to be handed out,
    /// for a second try; when that ends so too, it has failed. The tasks that it only
    /// held are innocent, however often that happens. They are next after it, in the same
    /// order.
    void died(int worker) {
        const std::deque<int> held = std::exchange(held_[worker], {});
        for (auto task = held.rbegin(); task != held.rend(); ++task) {
            entry& e = at(*task);
            if (e.now == state::begun && ++e.deaths == 2) {
                e.now = state::failed;
                continue;
            }
            e.now = state::waiting;
            waiting_.push_front(*task);
        }
    }

    state of(int task) const { return tasks_.at(static_cast<std::size_t>(task)).now; }

private:
    struct entry {
        state now = state::waiting;
        int deaths = 0; ///< Of workers that had begun it.
    };

    entry& at(int task) { return tasks_.at(static_cast<std::size_t>(task)); }

    std::vector<entry> tasks_;
    std::deque<int> waiting_;             // in the order in which they are handed out
    std::map<int, std::deque<int>> held_; // by each worker, in the order in which it runs
};

} // namespace ladder
