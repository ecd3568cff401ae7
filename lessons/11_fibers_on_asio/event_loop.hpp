#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/fiber/algo/algorithm.hpp>
#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/scheduler.hpp>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace ladder::fibers_on_asio {

namespace asio = boost::asio;

/// A round-robin scheduler of Boost.Fiber whose idle *is* an event loop: when no fiber
/// can run, the thread waits where Asio waits, in epoll_wait(2).
///
/// Handlers of the io_context run on the dispatcher, the fiber that Boost.Fiber itself
/// uses to choose the next one. It must never be suspended, so a handler may only wake or
/// start fibers; one that waits or throws ends the program.
///
/// Boost.Fiber calls its scheduler until the thread has ended or has another scheduler,
/// and the io_context must live as long: `event_loop` sees to that.
class io_scheduler : public boost::fibers::algo::algorithm {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit io_scheduler(asio::io_context& io) : io_(io) {}

    void awakened(boost::fibers::context* fiber) noexcept override {
        fiber->ready_link(ready_);
    }

    boost::fibers::context* pick_next() noexcept override {
        // [pick_next]
        // The dispatcher comes round once per lap of the ready queue. Looking at the
        // sockets then keeps fibers that are always ready from starving those that wait.
        if (dispatcher_is_running()) {
            if (in_handlers_) handler_waits();
            if (!ready_.empty()) run_handlers([&] { io_.poll(); });
        }
        if (ready_.empty()) return nullptr;
        boost::fibers::context* next = &ready_.front();
        ready_.pop_front();
        return next;
        // [/pick_next]
    }

    bool has_ready_fibers() const noexcept override { return !ready_.empty(); }

    /// No fiber is ready, and none wants to be woken before `wake_up`.
    void suspend_until(const time_point& wake_up) noexcept override {
        // [suspend_until]
        if (wake_up == time_point::max())
            run_handlers([&] { io_.run_one(); }); // run_one_until looks up every second
        else
            run_handlers([&] { io_.run_one_until(wake_up); });
        // [/suspend_until]
    }

    /// Another thread made a fiber of this one ready.
    void notify() noexcept override {
        asio::post(io_, [] {});
    }

private:
    static bool dispatcher_is_running() noexcept {
        return boost::fibers::context::active()->is_context(
            boost::fibers::type::dispatcher_context);
    }

    template <class Run>
    void run_handlers(Run run) {
        in_handlers_ = true;
        run();
        in_handlers_ = false;
    }

    [[noreturn]] static void handler_waits() {
        throw std::logic_error{"a handler waited; only fibers may"};
    }

    asio::io_context& io_;
    bool in_handlers_ = false;
    boost::fibers::scheduler::ready_queue_type ready_;
};

/// Puts an event loop under the fibers of the calling thread for as long as it lives.
///
///     event_loop loop;
///     boost::fibers::fiber a{[&] { ... timer.async_wait(yield); ... }};
///     a.join();
///
/// One at a time per thread; a second one throws `std::logic_error`. Before it is
/// destroyed, by the thread that made it, join every fiber that uses it and every thread
/// that wakes one. Do not stop() the io_context: the fibers that wait for it would spin.
/// Fork before it is made, never after.
class event_loop {
public:
    event_loop() : work_(io_.get_executor()) {
        if (std::exchange(exists_, true))
            throw std::logic_error{"this thread has an event_loop already"};
        boost::fibers::use_scheduling_algorithm<io_scheduler>(io_);
    }

    ~event_loop() {
        // Boost.Fiber notifies its scheduler once more when the thread ends.
        boost::fibers::use_scheduling_algorithm<boost::fibers::algo::round_robin>();
        exists_ = false;
    }

    event_loop(const event_loop&) = delete;
    event_loop& operator=(const event_loop&) = delete;

    /// For sockets and timers of this thread's fibers.
    asio::io_context& context() noexcept { return io_; }

private:
    inline static thread_local bool exists_ = false;

    asio::io_context io_{1}; // only one thread runs it
    // Keeps the loop waiting when there is nothing to wait for but another thread.
    asio::executor_work_guard<asio::io_context::executor_type> work_;
};

} // namespace ladder::fibers_on_asio
