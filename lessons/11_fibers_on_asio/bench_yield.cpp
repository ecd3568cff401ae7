// What waiting with `yield` costs: 64 fibers, each waiting again and again.

#include "event_loop.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/stopwatch.hpp"
#include "yield.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

using namespace ladder::fibers_on_asio;
using boost::system::error_code;

namespace {

constexpr std::size_t fiber_count = 64;
constexpr std::size_t rounds = 5'000;

void measure(std::string_view what, const std::function<void()>& one_fiber) {
    const ladder::stopwatch watch;
    std::vector<boost::fibers::fiber> fibers;
    for (std::size_t i = 0; i < fiber_count; ++i)
        fibers.emplace_back(one_fiber);
    for (auto& fiber : fibers)
        fiber.join();
    const std::chrono::duration<double, std::nano> cpu = watch.elapsed().cpu;
    fmt::print("{:<42} {:>5.0f} ns of CPU\n", what, cpu.count() / fiber_count / rounds);
}

/// Completes as soon as the event loop gets round to it.
template <class Token>
void nothing(event_loop& loop, Token token) {
    asio::async_initiate<Token, void(error_code)>(
        [&](auto handler) {
            asio::post(loop.context(), [handler]() mutable { handler(error_code{}); });
        },
        token);
}

/// Sends itself a byte and waits for it.
void echo(event_loop& loop, yield_t token) {
    asio::local::stream_protocol::socket a{loop.context()};
    asio::local::stream_protocol::socket b{loop.context()};
    asio::local::connect_pair(a, b);
    char byte = 0;
    for (std::size_t i = 0; i < rounds; ++i) {
        b.async_write_some(asio::buffer(&byte, 1), token);
        a.async_read_some(asio::buffer(&byte, 1), token);
    }
}

} // namespace

int main(int argc, char** argv) {
    ladder::option_parser options{"bench_yield", "What waiting with yield costs."};
    if (const auto status = options.parse(argc, argv)) return *status;
    event_loop loop;
    const yield_t until = yield.until(yield_t::clock::now() + std::chrono::hours{1});
    measure("boost::this_fiber::yield()", [] {
        for (std::size_t i = 0; i < rounds; ++i)
            boost::this_fiber::yield();
    });
    measure("wait for nothing, yield", [&] {
        for (std::size_t i = 0; i < rounds; ++i)
            nothing(loop, yield);
    });
    measure("wait for nothing, yield.until(deadline)", [&] {
        for (std::size_t i = 0; i < rounds; ++i)
            nothing(loop, until);
    });
    measure("a byte through a socket, yield", [&] { echo(loop, yield); });
    measure("a byte through a socket, yield.until", [&] { echo(loop, until); });
}
