// Demos of what must not go on: timeouts, cancellation from outside, what a cancelled
// coroutine still does; and of what must not happen at the same time: a strand.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <string_view>

namespace ladder::asio {

namespace net = boost::asio;

namespace {

using namespace net::experimental::awaitable_operators;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

void rethrow(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
}

net::awaitable<void> pause(std::chrono::nanoseconds how_long) {
    net::steady_timer timer{co_await net::this_coro::executor, how_long};
    co_await timer.async_wait(net::use_awaitable);
}

/// Something that must be closed, whatever happens.
class resource {
public:
    explicit resource(std::string_view name) : name_(name) {
        fmt::print("{}: open\n", name_);
    }

    ~resource() { fmt::print("{}: closed\n", name_); }

    resource(const resource&) = delete;
    resource& operator=(const resource&) = delete;

private:
    std::string_view name_;
};

net::awaitable<void> with_operators(milliseconds work, milliseconds limit) {
    const auto first = co_await (pause(work) || pause(limit));
    fmt::print("work of {} ms, limit of {} ms: {}\n", work.count(), limit.count(),
               first.index() == 0 ? "done" : "given up");
}

void with_a_signal(net::io_context& loop, net::cancellation_signal& signal) {
    net::co_spawn(
        loop, pause(1h),
        net::bind_cancellation_slot(signal.slot(), [](const std::exception_ptr& error) {
            fmt::print("work of an hour: {}\n", error ? "cancelled" : "done");
        }));
}

net::awaitable<void> conversation() {
    const resource connection{"connection"};
    co_await pause(1h); // here it is cancelled, and throws
}

net::awaitable<void> session() {
    const resource log{"log"};
    std::exception_ptr error;
    try {
        co_await conversation();
    } catch (...) {
        error = std::current_exception(); // no co_await in a catch block
    }
    co_await net::this_coro::reset_cancellation_state(net::disable_cancellation());
    co_await pause(10ms); // without that line, this would throw as well
    fmt::print("log: the last line is written\n");
    if (error) std::rethrow_exception(error);
}

net::awaitable<void> count(long& number, int times) {
    for (int i = 0; i < times; ++i) {
        const long seen = number; // no lock: nobody else in this strand runs meanwhile
        number = seen + 1;
        co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
    }
}

long count_in_a_strand(int times) {
    long number = 0;
    net::thread_pool pool{2};
    const auto strand = net::make_strand(pool);
    net::co_spawn(strand, count(number, times), rethrow);
    net::co_spawn(strand, count(number, times), rethrow);
    pool.join();
    return number;
}

} // namespace

int show_limit() {
    net::io_context loop{1};
    net::cancellation_signal signal;
    net::co_spawn(loop, with_operators(10ms, 10s), rethrow);
    loop.run();
    loop.restart();
    net::co_spawn(loop, with_operators(10s, 10ms), rethrow);
    loop.run();
    loop.restart();
    with_a_signal(loop, signal);
    net::post(loop, [&] { signal.emit(net::cancellation_type::terminal); });
    loop.run();
    return 0;
}

int show_cleanup() {
    net::io_context loop{1};
    net::cancellation_signal signal;
    const auto say = [](const std::exception_ptr& error) {
        try {
            rethrow(error);
        } catch (const std::exception& e) {
            fmt::print("the session ended: {}\n", e.what());
        }
    };
    net::co_spawn(loop, session(), net::bind_cancellation_slot(signal.slot(), say));
    net::post(loop, [&] {
        fmt::print("cancelled\n");
        signal.emit(net::cancellation_type::terminal);
    });
    loop.run();
    return 0;
}

int show_strand() {
    constexpr int times = 100'000;
    fmt::print("two coroutines, two threads, one strand: {} of {}\n",
               count_in_a_strand(times), 2 * times);
    return 0;
}

} // namespace ladder::asio
