#pragma once

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/unbuffered_channel.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ladder {

/// Does any amount of work in fibers of one thread, and never more than `limit` pieces at
/// a time. To be used by fibers of that thread, its main function included.
class fiber_pool {
public:
    explicit fiber_pool(std::size_t limit) : limit_(limit) {}

    fiber_pool(const fiber_pool&) = delete;
    fiber_pool& operator=(const fiber_pool&) = delete;

    /// Waits for the work that it has; an error that nobody asked for is lost.
    ~fiber_pool() { finish(); }

    /// Hands in a piece of work. While `limit` pieces are in the works it waits, and only
    /// the calling fiber does; it goes on when one of them has ended. Not for the work
    /// itself. After join() it throws `std::logic_error`.
    void spawn(std::function<void()> work) {
        if (closed_) throw std::logic_error{"the pool is closed"};
        if (++unfinished_ > fibers_.size() && fibers_.size() < limit_)
            fibers_.emplace_back([this] { work_until_closed(); });
        work_.push(std::move(work)); // waits for a fiber that takes it
    }

    /// Closes the pool and waits until all work has ended. Then throws the first
    /// exception that left a piece of work, once; the other pieces are done all the same.
    void join() {
        finish();
        if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    }

private:
    void work_until_closed() {
        std::function<void()> work;
        while (work_.pop(work) == boost::fibers::channel_op_status::success) {
            run(work);
            work = nullptr; // what it holds ends with it
            --unfinished_;
        }
    }

    void run(const std::function<void()>& work) {
        try {
            work();
        } catch (...) {
            if (!error_) error_ = std::current_exception();
        }
    }

    void finish() {
        closed_ = true;
        work_.close();
        for (auto& fiber : fibers_)
            fiber.join();
        fibers_.clear();
    }

    std::size_t limit_;
    bool closed_ = false;
    std::exception_ptr error_;
    std::size_t unfinished_ = 0; // pieces that run, or wait to be taken
    boost::fibers::unbuffered_channel<std::function<void()>> work_;
    std::vector<boost::fibers::fiber> fibers_;
};

} // namespace ladder
