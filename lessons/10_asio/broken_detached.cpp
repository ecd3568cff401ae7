// Deliberately wrong: starts coroutines with the token `detached`, which throws away what
// they return, and what they throw. One of three pages is lost, and nobody is told.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <exception>
#include <stdexcept>

namespace net = boost::asio;

namespace {

net::awaitable<void> fetch(int number, int& pages) {
    co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
    if (number == 2) throw std::runtime_error{"page 2: connection reset"};
    ++pages;
}

void fetch_three(const char* how, auto token) {
    int pages = 0;
    net::io_context loop;
    for (const int number : {1, 2, 3})
        net::co_spawn(loop, fetch(number, pages), token);
    try {
        loop.run();
        fmt::print("{}: {} pages of 3, and no error\n", how, pages);
    } catch (const std::exception& error) {
        fmt::print("{}: {}\n", how, error.what());
    }
}

} // namespace

int main() {
    fetch_three("detached", net::detached); // here is the mistake
    fetch_three("a handler that throws it again", [](const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
    });
}
