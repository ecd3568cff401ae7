#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ladder {

/// A connection to a port of this machine, which the caller closes. Throws
/// std::system_error.
int connect_to(std::uint16_t port);

/// A server on a loopback address that answers byte by byte what a test says, at a port
/// of its own, with a thread for each connection. For all that no good server does; the
/// others are `slow_server`'s.
class raw_server {
public:
    /// What is sent for a request: the bytes, and whether the connection then ends.
    struct answer {
        std::string bytes;
        bool then_end = false;
    };

    /// From the head of a request, which ends in an empty line, and how many there were
    /// before on its connection. Called in any thread.
    using answer_function = std::function<answer(std::string_view head, int before)>;

    explicit raw_server(answer_function answers, const std::string& address = "127.0.0.1",
                        std::uint16_t port = 0);
    ~raw_server();
    raw_server(const raw_server&) = delete;
    raw_server& operator=(const raw_server&) = delete;

    std::uint16_t port() const noexcept { return port_; }

    /// "http://127.0.0.1:PORT" and that.
    std::string url(std::string_view target) const;

    int connections() const noexcept { return connections_; }

    /// The heads of all requests so far.
    std::vector<std::string> requests() const;

private:
    void accept_all();
    void serve(int connection);

    answer_function answers_;
    std::string address_;
    int listener_;
    std::uint16_t port_ = 0;
    std::atomic<int> connections_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::vector<int> open_; ///< Connections.
    std::list<std::jthread> threads_;
    std::jthread acceptor_;
};

/// An address that is silent: it listens, and there is no room for another connection.
class silent_address {
public:
    explicit silent_address(const std::string& address);
    ~silent_address();
    silent_address(const silent_address&) = delete;
    silent_address& operator=(const silent_address&) = delete;

    std::uint16_t port() const noexcept { return port_; }

private:
    int listener_;
    std::uint16_t port_ = 0;
    std::vector<int> fillers_;
};

} // namespace ladder
