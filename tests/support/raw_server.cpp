#include "raw_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ladder {

namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

struct name {
    sockaddr_storage bytes{};
    socklen_t size = sizeof bytes;

    sockaddr* get() { return reinterpret_cast<sockaddr*>(&bytes); }
};

/// Listens there, and fills in the port.
int listen_at(const std::string& address, std::uint16_t& port, int backlog, name& where) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
        throw std::invalid_argument{address};
    const int listener = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const bool bound = ::bind(listener, found->ai_addr, found->ai_addrlen) == 0;
    ::freeaddrinfo(found);
    if (!bound || ::listen(listener, backlog) != 0 ||
        ::getsockname(listener, where.get(), &where.size) != 0)
        fail("raw_server");
    // The port is at the same place for both families.
    port = ntohs(reinterpret_cast<const sockaddr_in*>(&where.bytes)->sin_port);
    return listener;
}

} // namespace

int connect_to(std::uint16_t port) {
    const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(s, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0)
        fail("connect");
    return s;
}

raw_server::raw_server(answer_function answers, const std::string& address,
                       std::uint16_t port)
    : answers_(std::move(answers)),
      address_(address),
      port_(port) {
    name where;
    listener_ = listen_at(address, port_, SOMAXCONN, where);
    acceptor_ = std::jthread{[this] { accept_all(); }};
}

raw_server::~raw_server() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
        const std::lock_guard lock{mutex_};
        for (const int connection : open_)
            ::shutdown(connection, SHUT_RDWR);
    }
    threads_.clear();
    ::close(listener_);
}

std::string raw_server::url(std::string_view target) const {
    const bool is_ipv6 = address_.find(':') != std::string::npos;
    return fmt::format("http://{}:{}{}", is_ipv6 ? '[' + address_ + ']' : address_, port_,
                       target);
}

std::vector<std::string> raw_server::requests() const {
    const std::lock_guard lock{mutex_};
    return requests_;
}

void raw_server::accept_all() {
    for (int connection = 0;
         (connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
        ++connections_;
        const std::lock_guard lock{mutex_};
        open_.push_back(connection);
        threads_.emplace_back([this, connection] { serve(connection); });
    }
}

void raw_server::serve(int connection) {
    std::string received;
    char bytes[4096];
    bool ended = false;
    for (int before = 0; !ended; ++before) {
        std::size_t end = 0;
        while ((end = received.find("\r\n\r\n")) == std::string::npos) {
            const auto size = ::recv(connection, bytes, sizeof bytes, 0);
            if (size <= 0) break;
            received.append(bytes, static_cast<std::size_t>(size));
        }
        if (end == std::string::npos) break;
        const std::string head = received.substr(0, end + 4);
        received.erase(0, end + 4);
        {
            const std::lock_guard lock{mutex_};
            requests_.push_back(head);
        }
        const answer a = answers_(head, before);
        ::send(connection, a.bytes.data(), a.bytes.size(), MSG_NOSIGNAL);
        ended = a.then_end;
    }
    const std::lock_guard lock{mutex_};
    std::erase(open_, connection);
    ::close(connection);
}

silent_address::silent_address(const std::string& address) {
    name where;
    listener_ = listen_at(address, port_, 0, where);
    // Of these, some wait to be accepted; once one is silent, all are.
    for (bool silent = false; !silent;) {
        const int filler = ::socket(where.bytes.ss_family,
                                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        fillers_.push_back(filler);
        ::connect(filler, where.get(), where.size);
        pollfd connected{.fd = filler, .events = POLLOUT, .revents = 0};
        silent = ::poll(&connected, 1, 100) == 0;
    }
}

silent_address::~silent_address() {
    for (const int filler : fillers_)
        ::close(filler);
    ::close(listener_);
}

} // namespace ladder
