#pragma once

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

#include <deque>
#include <memory>
#include <utility>

namespace ladder::switching {

/// Tasks in one thread that take turns: one runs until it yields or ends, then the one
/// that has waited longest. Nothing takes the turn away from a task. Everything here is
/// called in one thread. Tasks that never ran are thrown away with their scheduler.
///
/// An exception that leaves a task ends the program, as one that leaves a thread does;
/// the exercise round_robin does better.
class scheduler {
public:
    /// Puts a task at the end of the queue; from anywhere, also from a task.
    template <class Work>
    void spawn(Work work) {
        ready_.emplace_back(
            std::allocator_arg, boost::context::protected_fixedsize_stack{},
            [this, work = std::move(work)](boost::context::fiber&& run) mutable {
                run_ = std::move(run);
                work();
                return std::move(run_); // empties the fiber that run() holds
            });
    }

    /// Back to run(), and to the end of the queue. Only a task may call it.
    void yield() { run_ = std::move(run_).resume(); }

    /// Returns when all tasks have ended.
    void run() {
        // [turns]
        while (!ready_.empty()) {
            boost::context::fiber next = std::move(ready_.front());
            ready_.pop_front();
            next = std::move(next).resume();
            if (next) ready_.push_back(std::move(next));
        }
        // [/turns]
    }

private:
    boost::context::fiber run_; // where run() waits, while a task runs
    std::deque<boost::context::fiber> ready_;
};

} // namespace ladder::switching
