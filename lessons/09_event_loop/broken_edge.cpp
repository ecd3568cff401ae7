// Deliberately wrong: asks to be told once (edge), and does not read to the end. Nothing
// more arrives, so nothing more is reported: what is left lies there for ever.

#include "event_loop.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>

#include <sys/ioctl.h>
#include <sys/socket.h>

using namespace ladder::event_loop;
using namespace std::chrono_literals;

int main() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) != 0) return 1;
    const ladder::processes::unique_fd ours{ends[0]}, server{ends[1]};

    reactor loop;
    std::string answer;
    loop.watch(ours.get(), EPOLLIN | EPOLLET, [&](std::uint32_t) {
        std::array<char, 4096> buffer{};
        const auto size = ::recv(ours.get(), buffer.data(), buffer.size(), 0);
        if (size > 0) answer.append(buffer.data(), static_cast<std::size_t>(size));
        if (answer.size() == 10'000) loop.stop(); // the whole answer
    });
    // Without this it would wait for ever.
    loop.call_at(reactor::clock::now() + 1s, [&] { loop.stop(); });

    const std::string bytes(10'000, 'x');
    if (::send(server.get(), bytes.data(), bytes.size(), 0) != 10'000) return 1;
    loop.run();

    int left = 0;
    ::ioctl(ours.get(), FIONREAD, &left);
    fmt::print("read {} of 10000 bytes; {} lie in the socket, and nobody is told\n",
               answer.size(), left);
}
