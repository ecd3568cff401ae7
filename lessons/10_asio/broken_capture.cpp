// Deliberately wrong: a coroutine that is a lambda keeps its parameters, but not what the
// lambda has captured. That belongs to the lambda, which is gone at the end of the line
// that calls it; the coroutine goes on later.
//
// shown-by: AddressSanitizer

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <exception>

namespace net = boost::asio;

namespace {

void rethrow(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
}

} // namespace

int main() {
    net::io_context loop;
    for (int page = 1; page <= 3; ++page) {
        const auto fetch = [page]() -> net::awaitable<void> { // here is the mistake
            co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
            fmt::print("captured: page {}\n", page);
        };
        net::co_spawn(loop, fetch(), rethrow); // `fetch` ends with this round
    }
    for (int page = 1; page <= 3; ++page) {
        const auto fetch = [](int number) -> net::awaitable<void> {
            co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
            fmt::print("parameter: page {}\n", number);
        };
        net::co_spawn(loop, fetch(page), rethrow);
    }
    loop.run();
}
