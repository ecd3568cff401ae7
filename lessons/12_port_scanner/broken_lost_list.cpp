// Deliberately wrong: each child puts the open ports that it finds into the parent's
// list. But a child has a copy of that list. It fills the copy, ends, and takes it along.

#include "loopback_ports.hpp"
#include "processes/child_process.hpp"
#include "processes/unique_fd.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <random>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

using namespace ladder::processes;

namespace {

bool is_open(std::uint16_t port) {
    const unique_fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                     sizeof address) == 0;
}

} // namespace

int main() {
    std::mt19937 random{std::random_device{}()};
    const ladder::port_scanner::listeners somebody{10, random};
    const std::vector<std::uint16_t> ports{somebody.ports().begin(),
                                           somebody.ports().end()};
    const auto middle = ports.begin() + 5;

    // [lost]
    std::vector<std::uint16_t> found;
    const auto scan = [&](auto first, auto last) {
        for (; first != last; ++first)
            if (is_open(*first)) found.push_back(*first);
        fmt::print("a child has found {} open ports\n", found.size());
        return 0;
    };
    auto one = child_process::fork([&] { return scan(ports.begin(), middle); });
    auto two = child_process::fork([&] { return scan(middle, ports.end()); });
    one.wait();
    two.wait();
    fmt::print("the parent's list has {}\n", found.size());
    // [/lost]
}
