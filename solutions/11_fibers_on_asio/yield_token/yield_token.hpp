#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <tuple>
#include <type_traits>
#include <utility>

namespace ladder {

/// A completion token: the calling fiber sleeps until the operation has completed, and
/// the operation returns its result, as if it had blocked.
///
///     std::size_t size = socket.async_read_some(buffer, yield);         // throws
///     std::size_t size = socket.async_read_some(buffer, yield[error]);  // does not
///
/// Only in a fiber of a thread that has an `event_loop`, with I/O objects of that loop.
struct yield_t {
    boost::system::error_code* error = nullptr; ///< Not owned; null: throw.

    constexpr yield_t operator[](boost::system::error_code& e) const { return {&e}; }
};

inline constexpr yield_t yield{};

/// An operation that a fiber waits for. It lives on the stack of that fiber.
template <class... Ts>
class pending_operation {
public:
    /// What Asio calls in the end, with an error and the values.
    struct handler {
        pending_operation* operation;

        void operator()(boost::system::error_code error, Ts... values) {
            operation->complete(error, std::move(values)...);
        }
    };

    /// Starts the operation, and returns when it has completed; some complete while they
    /// are started. Meanwhile the fiber sleeps: it is in no queue.
    template <class Initiation, class... Args>
    void run(Initiation&& start, Args&&... args) {
        std::forward<Initiation>(start)(handler{this}, std::forward<Args>(args)...);
        while (!done_) {
            fiber_ = boost::fibers::context::active();
            fiber_->suspend();
            fiber_ = nullptr;
        }
    }

    /// The values: nothing, the only one, or a tuple. The error goes where the token says
    /// (no error goes there too), or is thrown as `boost::system::system_error`.
    auto result(const yield_t& token) {
        if (token.error)
            *token.error = error_;
        else if (error_)
            throw boost::system::system_error{error_};
        if constexpr (sizeof...(Ts) == 1)
            return std::get<0>(std::move(values_));
        else if constexpr (sizeof...(Ts) > 1)
            return std::move(values_);
    }

private:
    /// Called by the handler, on the dispatcher: it stores, it wakes, it never waits.
    void complete(boost::system::error_code error, Ts... values) {
        error_ = error;
        values_ = {std::move(values)...};
        done_ = true;
        if (fiber_ && !fiber_->ready_is_linked()) // it is, when somebody woke it early
            boost::fibers::context::active()->schedule(fiber_);
    }

    bool done_ = false;
    boost::fibers::context* fiber_ = nullptr; // while it sleeps here
    boost::system::error_code error_;
    std::tuple<Ts...> values_;
};

} // namespace ladder

/// What Asio asks when an operation gets `yield`: how to start it, what to return.
template <class... Ts>
class boost::asio::async_result<ladder::yield_t, void(boost::system::error_code, Ts...)> {
public:
    template <class Initiation, class... Args>
    static auto initiate(Initiation&& start, const ladder::yield_t& token,
                         Args&&... args) {
        ladder::pending_operation<std::decay_t<Ts>...> pending;
        pending.run(std::forward<Initiation>(start), std::forward<Args>(args)...);
        return pending.result(token);
    }
};
