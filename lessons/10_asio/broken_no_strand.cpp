// Deliberately wrong: two coroutines run in a pool of two threads and change one number.
// "No lock, because coroutines" is true in one thread, or in one strand; not here.
//
// shown-by: ThreadSanitizer

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <exception>

namespace net = boost::asio;

namespace {

net::awaitable<void> count(volatile long& number, int times) {
    for (int i = 0; i < times; ++i) {
        const long seen = number;
        number = seen + 1;
        co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
    }
}

} // namespace

int main() {
    constexpr int times = 100'000;
    volatile long number = 0; // so that the compiler leaves the two steps two
    const auto rethrow = [](const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
    };
    net::thread_pool pool{2};
    net::co_spawn(pool, count(number, times), rethrow); // here is the mistake: `pool`
    net::co_spawn(pool, count(number, times), rethrow);
    pool.join();
    fmt::print("counted {} times, and the number is {}\n", 2 * times, long{number});
}
