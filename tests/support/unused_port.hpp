#pragma once

#include <cerrno>
#include <cstdint>
#include <system_error>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ladder {

/// A loopback port that nobody listens on and nobody else gets while this object lives:
/// connecting to it is refused.
class unused_port {
public:
    unused_port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* address = reinterpret_cast<sockaddr*>(&address_);
        socklen_t size = sizeof address_;
        if (socket_ < 0 || ::bind(socket_, address, size) != 0 ||
            ::getsockname(socket_, address, &size) != 0)
            throw std::system_error{errno, std::generic_category(), "unused_port"};
    }

    ~unused_port() { ::close(socket_); }

    unused_port(const unused_port&) = delete;
    unused_port& operator=(const unused_port&) = delete;

    std::uint16_t number() const noexcept { return ntohs(address_.sin_port); }

private:
    int socket_;
    sockaddr_in address_{};
};

} // namespace ladder
