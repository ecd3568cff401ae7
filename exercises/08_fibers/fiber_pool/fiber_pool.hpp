#pragma once

#include <boost/fiber/fiber.hpp>

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
        // TODO: a fiber for each piece, and nobody waits, however many there are.
        fibers_.emplace_back([this, work = std::move(work)] { run(work); });
    }

    /// Closes the pool and waits until all work has ended. Then throws the first
    /// exception that left a piece of work, once; the other pieces are done all the same.
    void join() {
        finish();
        if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    }

private:
    void run(const std::function<void()>& work) {
        try {
            work();
        } catch (...) {
            if (!error_) error_ = std::current_exception();
        }
    }

    void finish() {
        closed_ = true;
        for (auto& fiber : fibers_)
            fiber.join();
        fibers_.clear();
    }

    std::size_t limit_;
    bool closed_ = false;
    std::exception_ptr error_;
    std::vector<boost::fibers::fiber>
        fibers_; // TODO: each keeps its stack until it is joined
};

} // namespace ladder
