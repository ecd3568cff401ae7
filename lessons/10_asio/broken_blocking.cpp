// Deliberately wrong: a coroutine calls something that blocks. There is one thread, and
// while it sleeps in there, nobody waits for the others.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <thread>

namespace net = boost::asio;
using namespace std::chrono_literals;

namespace {

int ticks = 0;

net::awaitable<void> tick() {
    net::steady_timer timer{co_await net::this_coro::executor};
    for (timer.expires_after(0ms); ticks < 20; ++ticks) {
        timer.expires_at(timer.expiry() + 20ms);
        co_await timer.async_wait(net::use_awaitable);
    }
}

net::awaitable<void> work() {
    const int before = ticks;
    std::this_thread::sleep_for(400ms); // here is the mistake
    fmt::print("a call that blocks for 400 ms: {} ticks meanwhile\n", ticks - before);

    const int then = ticks;
    net::steady_timer timer{co_await net::this_coro::executor, 400ms};
    co_await timer.async_wait(net::use_awaitable);
    fmt::print("a co_await of 400 ms: {} ticks meanwhile\n",
               ticks > then ? "many" : "no");
}

} // namespace

int main() {
    const auto rethrow = [](const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
    };
    net::io_context loop;
    net::co_spawn(loop, tick(), rethrow);
    net::co_spawn(loop, work(), rethrow);
    loop.run();
}
