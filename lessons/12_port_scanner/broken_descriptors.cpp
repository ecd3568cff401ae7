// Deliberately wrong: takes everything that is not a connection for a closed port, also
// that it has no descriptor left. Silent ports keep theirs for a while, so those that
// come after them are never asked.

#include "loopback_ports.hpp"
#include "processes/unique_fd.hpp"
#include "workbench/machine_limits.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <random>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

using namespace ladder::port_scanner;
using ladder::processes::unique_fd;

namespace {

/// Asks, and asks for the answer, which comes before connect(2) returns if it comes.
bool connects(int socket, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const auto* pointer = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(socket, pointer, sizeof address) == 0) return true;
    return ::connect(socket, pointer, sizeof address) == 0 || errno == EISCONN;
}

} // namespace

int main() {
    std::mt19937 random{std::random_device{}()};
    const silent_ports silent{30, random};
    const listeners listening{10, random};

    const unique_fd next{::socket(AF_INET, SOCK_STREAM, 0)};
    const ladder::descriptor_limit few{static_cast<std::size_t>(next.get()) + 20};

    std::vector<unique_fd> waiting; // those without an answer yet
    int open = 0, no_descriptor = 0;
    for (const auto* ports : {&silent.ports(), &listening.ports()})
        for (const std::uint16_t port : *ports) {
            unique_fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
            no_descriptor += socket ? 0 : 1;
            if (connects(socket.get(), port))
                ++open;
            else if (socket)
                waiting.push_back(std::move(socket));
        }
    fmt::print("silent: 30, listening: 10; descriptors: 20\n"
               "open: {}; called closed for want of a descriptor: {}\n",
               open, no_descriptor);
}
