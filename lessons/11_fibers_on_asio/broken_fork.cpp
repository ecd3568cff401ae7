// Forks while an event loop exists: parent and child share one epoll instance, and what
// the child cleans up is gone for the parent too.

#include "event_loop.hpp"
#include "yield.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>

#include <sys/wait.h>

using namespace ladder::fibers_on_asio;

int main() {
    event_loop loop;
    asio::local::stream_protocol::socket ours{loop.context()};
    asio::local::stream_protocol::socket theirs{loop.context()};
    asio::local::connect_pair(ours, theirs);

    boost::fibers::fiber reader{[&] {
        std::array<char, 100> bytes{};
        boost::system::error_code error;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{1};
        ours.async_read_some(asio::buffer(bytes), yield.until(deadline)[error]);
        fmt::print("the reader: {}\n", error ? error.message() : "woken");
    }};
    boost::this_fiber::yield(); // it begins to wait

    const pid_t child = fork();
    if (child == 0) {
        ours.close(); // only its own copy, it thinks
        _exit(0);
    }
    waitpid(child, nullptr, 0);
    theirs.write_some(asio::buffer("hello", 5));
    reader.join();
    fmt::print("in the socket, since before it gave up: {} bytes\n", ours.available());
}
