#pragma once

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

namespace ladder {

/// Tasks in one thread that take turns: a turn lasts until the task yields or ends, and
/// the next one goes to who has waited longest. One thread.
class round_robin {
public:
    round_robin() = default;
    round_robin(const round_robin&) = delete;
    round_robin& operator=(const round_robin&) = delete;

    /// Puts a task at the end of the queue. A task may call it too.
    void spawn(std::function<void()> work) {
        ready_.emplace_back(
            std::allocator_arg, boost::context::protected_fixedsize_stack{},
            [this, work = std::move(work)](boost::context::fiber&& runner) {
                runner_ = std::move(runner);
                try {
                    work();
                } catch (const boost::context::detail::forced_unwind&) {
                    throw; // the task is being thrown away
                } catch (...) {
                    error_ = std::current_exception();
                }
                return std::move(runner_);
            });
    }

    /// Ends the turn of the task that calls it; returns when it has the next one.
    void yield() { runner_ = std::move(runner_).resume(); }

    /// Gives out at most `turns` turns, fewer when all tasks have ended. Returns whether
    /// there are tasks left. What a task throws comes out here, in its turn, and ends the
    /// task; the others keep their places, and the next call goes on with them.
    bool run(std::size_t turns) {
        for (; turns > 0 && !ready_.empty(); --turns) {
            boost::context::fiber task = std::move(ready_.front());
            ready_.pop_front();
            task = std::move(task).resume();
            if (task) ready_.push_back(std::move(task));
            if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
        }
        return !ready_.empty();
    }

private:
    std::exception_ptr error_;
    boost::context::fiber runner_; // who called run(), while a task has its turn
    std::deque<boost::context::fiber> ready_;
};

} // namespace ladder
