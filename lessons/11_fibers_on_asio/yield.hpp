#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/fiber/context.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ladder::fibers_on_asio {

/// A completion token: the calling fiber sleeps until the operation has completed, and
/// the operation returns its result, as if it had blocked.
///
///     std::size_t size = socket.async_read_some(buffer, yield);         // throws
///     std::size_t size = socket.async_read_some(buffer, yield[error]);  // does not
///     std::size_t size = socket.async_read_some(buffer, yield.until(deadline)[error]);
///
/// Only in a fiber of a thread that has an `event_loop`, with I/O objects of that loop;
/// never in a handler, and never in a `catch` block (the C++ runtime keeps the exceptions
/// being handled per thread, not per fiber).
///
/// An operation that is not complete at its deadline is cancelled and reports
/// `timed_out`; one that cannot be cancelled (a name lookup) goes on until it ends. An
/// operation that would begin after its deadline is not started.
struct yield_t {
    using clock = std::chrono::steady_clock;

    boost::system::error_code* error = nullptr; ///< Not owned; null: throw.
    clock::time_point deadline = clock::time_point::max();

    constexpr yield_t operator[](boost::system::error_code& e) const {
        return {&e, deadline};
    }

    constexpr yield_t until(clock::time_point time) const { return {error, time}; }

    bool has_deadline() const { return deadline != clock::time_point::max(); }
};

inline constexpr yield_t yield{};

namespace detail {

/// Lives on the stack of the fiber that waits, so waiting allocates nothing.
template <class... Ts>
class pending_operation {
    static_assert((std::is_default_constructible_v<Ts> && ...),
                  "a value that comes with an error must be default-constructible");

public:
    struct handler {
        pending_operation* operation;

        void operator()(boost::system::error_code error, Ts... values) {
            operation->complete(error, std::move(values)...);
        }

        using cancellation_slot_type = boost::asio::cancellation_slot;

        cancellation_slot_type get_cancellation_slot() const noexcept {
            return operation->token_.has_deadline() ? operation->cancel_.slot()
                                                    : cancellation_slot_type{};
        }
    };

    explicit pending_operation(const yield_t& token) : token_(token) {}

    template <class Initiation, class... Args>
    void run(Initiation&& start, Args&&... args) {
        if (token_.has_deadline() && yield_t::clock::now() >= token_.deadline) {
            error_ = boost::asio::error::timed_out;
            return;
        }
        std::forward<Initiation>(start)(handler{this}, std::forward<Args>(args)...);
        // [wait]
        bool cancelled = false;
        while (!done_) { // some operations complete while they are started
            fiber_ = boost::fibers::context::active();
            if (token_.has_deadline() && !cancelled)
                fiber_->wait_until(token_.deadline);
            else
                fiber_->suspend();
            fiber_ = nullptr;
            // Too late. The handler refers to this object: cancel, then wait for it.
            if (!done_ && !std::exchange(cancelled, true))
                cancel_.emit(boost::asio::cancellation_type::terminal);
        }
        if (cancelled && error_) error_ = boost::asio::error::timed_out;
        // [/wait]
    }

    auto result() {
        if (token_.error)
            *token_.error = error_;
        else if (error_)
            throw boost::system::system_error{error_};
        if constexpr (sizeof...(Ts) == 1)
            return std::get<0>(std::move(values_));
        else if constexpr (sizeof...(Ts) > 1)
            return std::move(values_);
    }

private:
    void complete(boost::system::error_code error, Ts... values) {
        error_ = error;
        values_ = {std::move(values)...};
        done_ = true;
        // Not when it runs (the operation completed at once) or is about to (it expired).
        if (fiber_ && !fiber_->ready_is_linked())
            boost::fibers::context::active()->schedule(fiber_);
    }

    yield_t token_;
    boost::asio::cancellation_signal cancel_;
    boost::fibers::context* fiber_ = nullptr; // while it sleeps here
    bool done_ = false;
    boost::system::error_code error_;
    std::tuple<Ts...> values_;
};

} // namespace detail

} // namespace ladder::fibers_on_asio

template <class... Ts>
class boost::asio::async_result<ladder::fibers_on_asio::yield_t,
                                void(boost::system::error_code, Ts...)> {
public:
    template <class Initiation, class... Args>
    static auto initiate(Initiation&& start, const ladder::fibers_on_asio::yield_t& token,
                         Args&&... args) {
        ladder::fibers_on_asio::detail::pending_operation<std::decay_t<Ts>...> pending{
            token};
        pending.run(std::forward<Initiation>(start), std::forward<Args>(args)...);
        return pending.result();
    }
};
