// Deliberately wrong: takes `a || b` for "the first that ends". It is the first that
// *succeeds*. A page that fails at once leaves you with the timer, to its end.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <string_view>

namespace net = boost::asio;
using namespace net::experimental::awaitable_operators;
using namespace std::chrono_literals;

namespace {

/// A connection to a port where nobody listens: it is refused at once.
net::awaitable<void> connect(auto token) {
    const auto loop = co_await net::this_coro::executor;
    net::ip::tcp::acceptor nobody{loop};
    nobody.open(net::ip::tcp::v4());
    nobody.bind({net::ip::address_v4::loopback(), 0}); // it never listens
    net::ip::tcp::socket socket{loop};
    co_await socket.async_connect(nobody.local_endpoint(), token);
}

net::awaitable<void> show(std::string_view how, auto token) {
    net::steady_timer limit{co_await net::this_coro::executor, 500ms};
    const auto first = co_await (connect(token) || limit.async_wait(net::use_awaitable));
    fmt::print("{}: {}\n", how,
               first.index() == 0 ? "the connection has failed, and the timer was stopped"
                                  : "a timeout, 500 ms after the connection had failed");
}

net::awaitable<void> show_both() {
    co_await show("the error is thrown", net::use_awaitable); // here is the mistake
    co_await show("the error is returned", net::as_tuple(net::use_awaitable));
}

} // namespace

int main() {
    net::io_context loop;
    net::co_spawn(loop, show_both(), [](const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
    });
    loop.run();
}
