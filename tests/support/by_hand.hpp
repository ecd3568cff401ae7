#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace ladder {

/// A coroutine that begins and ends when the test says so: no clock, no chance.
class by_hand {
public:
    explicit by_hand(boost::asio::io_context& loop)
        : state_(std::make_shared<state>(loop)) {}

    /// Waits until `give` or `fail`; or until it is cancelled, which throws.
    boost::asio::awaitable<int> job() { return run(state_); }

    void give(int value) {
        state_->value = value;
        state_->event.cancel_one();
    }

    void fail(std::string message) {
        state_->error = std::move(message);
        state_->event.cancel_one();
    }

    /// When it is cancelled, it does not end before `tidy_up`.
    void takes_time_to_tidy_up() { state_->untidy = true; }

    void tidy_up() { state_->tidied.cancel_one(); }

    bool begun() const { return state_->begun; }

    bool cancelled() const { return state_->cancelled; }

    bool ended() const { return state_->ended; } ///< In whatever way.

private:
    using timer = boost::asio::steady_timer;

    struct state {
        explicit state(boost::asio::io_context& loop)
            : event(loop, timer::time_point::max()),
              tidied(loop, timer::time_point::max()) {}

        timer event, tidied; // nobody waits for the time: they are cancelled
        bool begun = false, cancelled = false, ended = false, untidy = false;
        int value = 0;
        std::string error{};
    };

    static boost::asio::awaitable<int> run(std::shared_ptr<state> s) {
        namespace net = boost::asio;
        const std::shared_ptr<void> at_the_end{nullptr, [s](void*) { s->ended = true; }};
        s->begun = true;
        try {
            co_await s->event.async_wait(net::use_awaitable);
        } catch (const boost::system::system_error&) { // that is how it is woken
        }
        const auto now = co_await net::this_coro::cancellation_state;
        s->cancelled = now.cancelled() != net::cancellation_type::none;
        if (s->value != 0) co_return s->value;
        if (!s->error.empty()) throw std::runtime_error{s->error};
        co_await net::this_coro::reset_cancellation_state(net::disable_cancellation());
        try {
            if (s->untidy) co_await s->tidied.async_wait(net::use_awaitable);
        } catch (const boost::system::system_error&) {
        }
        throw std::runtime_error{"cancelled"};
    }

    std::shared_ptr<state> state_;
};

/// A loop with so many jobs by hand, and what `Result` comes of them all: of `ask`, which
/// makes one coroutine out of the list and has begun.
template <class Result>
struct asked_by_hand {
    template <class Ask>
    asked_by_hand(std::size_t count, Ask ask, bool untidy = false) {
        std::vector<boost::asio::awaitable<int>> list;
        for (std::size_t i = 0; i < count; ++i) {
            list.push_back(jobs.emplace_back(loop).job());
            if (untidy) jobs.back().takes_time_to_tidy_up();
        }
        boost::asio::co_spawn(loop, ask(std::move(list)),
                              [this](const std::exception_ptr& e, Result all) {
                                  returned = true;
                                  result = std::move(all);
                                  try {
                                      if (e) std::rethrow_exception(e);
                                  } catch (const std::exception& thrown) {
                                      error = thrown.what();
                                  }
                              });
        go_on();
    }

    /// Lets everybody do what he can do now.
    void go_on() {
        loop.restart();
        loop.poll();
    }

    void give(std::size_t job, int value) {
        jobs[job].give(value);
        go_on();
    }

    void fail(std::size_t job, const std::string& message) {
        jobs[job].fail(message);
        go_on();
    }

    boost::asio::io_context loop{1};
    std::deque<by_hand> jobs{};
    bool returned = false;
    Result result{};
    std::string error{};
};

} // namespace ladder
