#pragma once

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fixedsize_stack.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <utility>

namespace ladder::fibers {

/// Fibers that belong together: who started them waits for all of them, and hears of the
/// first error. So none is left behind, and none outlives what it refers to.
///
/// To be used in one thread, by its fibers; the thread's main function is one of them. A
/// fiber that has ended keeps its stack until join().
class fiber_group {
public:
    fiber_group() = default;
    fiber_group(const fiber_group&) = delete;
    fiber_group& operator=(const fiber_group&) = delete;

    /// Waits for all; an error that nobody asked for by join() is lost. So whatever they
    /// wait for must happen although the caller is here, e.g. because of an exception.
    ~fiber_group() { wait(); }

    /// Starts `work()` in a fiber of its own. It has its first turn when the caller next
    /// waits or yields. A fiber of the group may start others. Throws `std::bad_alloc`
    /// when there is no memory for a stack.
    template <class Work>
    void spawn(Work work) {
        spawn(std::allocator_arg, boost::fibers::default_stack{}, std::move(work));
    }

    /// The same on a stack from this allocator, e.g.
    /// `boost::fibers::protected_fixedsize_stack{16 << 10}`.
    template <class Stack, class Work>
    void spawn(std::allocator_arg_t, Stack stack, Work work) {
        fibers_.emplace_back(std::allocator_arg, std::move(stack),
                             [this, work = std::move(work)]() mutable {
                                 try {
                                     work();
                                 } catch (...) { // above this, on this stack, is nobody
                                     if (!error_) error_ = std::current_exception();
                                 }
                             });
    }

    /// Waits until all have ended, and only the calling fiber waits. Then throws the
    /// first exception that left one of them; the second call throws nothing.
    void join() {
        wait();
        if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    }

    /// Fibers that were started since the last join().
    std::size_t size() const noexcept { return fibers_.size(); }

private:
    void wait() {
        while (!fibers_.empty()) { // not a `for`: they may start others meanwhile
            boost::fibers::fiber next = std::move(fibers_.front());
            fibers_.pop_front();
            next.join();
        }
    }

    std::exception_ptr error_;
    std::deque<boost::fibers::fiber> fibers_;
};

} // namespace ladder::fibers
