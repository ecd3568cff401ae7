#include "scan.hpp"

#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/yield.hpp"
#include "processes/unique_fd.hpp"
#include "workbench/timeline.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <mutex>
#include <system_error>
#include <vector>

#include <sys/socket.h>

namespace ladder::port_scanner {

using boost::asio::ip::tcp;
using boost::fibers::fiber;
using fibers_on_asio::event_loop;
using fibers_on_asio::yield;
using processes::unique_fd;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds pause_without_room{20};

/// An endpoint as the kernel takes it.
tcp::endpoint socket_address(const endpoint& e) {
    if (is_ipv4(e.address))
        return {boost::asio::ip::address_v4{static_cast<std::uint32_t>(e.address)},
                e.port};
    boost::asio::ip::address_v6::bytes_type bytes{};
    number rest = e.address;
    for (std::size_t i = bytes.size(); i-- > 0; rest >>= 8)
        bytes[i] = static_cast<std::uint8_t>(rest);
    return {boost::asio::ip::address_v6{bytes}, e.port};
}

tcp family_of(const endpoint& e) {
    return is_ipv4(e.address) ? tcp::v4() : tcp::v6();
}

/// Both ends of a connection, as the kernel has them.
using name_of_end = int (*)(int, sockaddr*, socklen_t*);

tcp::endpoint end_of(int socket, name_of_end which) {
    tcp::endpoint end;
    socklen_t size = end.capacity();
    if (which(socket, end.data(), &size) == 0) end.resize(size);
    return end;
}

/// The kernel gave the socket the very port that it was to ask, and TCP allows two sides
/// to call each other (RFC 9293 §3.5): the socket is connected to itself.
bool is_connected_to_itself(int socket) {
    return end_of(socket, ::getsockname) == end_of(socket, ::getpeername);
}

/// Begins to connect, or asks how far that is: 0 when there is a connection, EINPROGRESS
/// or EALREADY when there is no answer yet.
int try_connect(int socket, const endpoint& target) {
    const tcp::endpoint address = socket_address(target);
    const int result =
        ::connect(socket, address.data(), static_cast<socklen_t>(address.size()));
    return result == 0 || errno == EISCONN ? 0 : errno;
}

/// It says nothing about the port, but about us.
bool out_of_room(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
           error == EADDRNOTAVAIL;
}

class scanner {
public:
    scanner(event_loop& loop, const targets& all, part which, const scan_options& options,
            const verdict_sink& sink)
        : loop_(loop),
          targets_(all),
          next_(which.first),
          last_(which.last),
          options_(options),
          sink_(sink) {}

    scan_notes run() {
        std::vector<fiber> fibers(std::min<std::uint64_t>(
            std::max<std::size_t>(options_.fibers, 1), last_ - next_));
        for (fiber& f : fibers)
            f = fiber{[this] { guarded_pool_fiber(); }};
        for (fiber& f : fibers)
            f.join();
        if (failure_) std::rethrow_exception(failure_);
        return notes_;
    }

private:
    void guarded_pool_fiber() {
        try {
            pool_fiber();
        } catch (...) {
            if (!failure_) failure_ = std::current_exception();
            next_ = last_; // the others finish what they have begun
        }
    }

    // [pool]
    void pool_fiber() {
        held_socket socket{*this};
        while (next_ < last_) { // no lock: nobody else runs before we wait
            const std::uint64_t mine = next_++;
            sink_(mine, probe(targets_[mine], socket));
            boost::this_fiber::yield(); // a port may be answered without any waiting
        }
    }

    // [/pool]

    /// A socket that asks one port after the other, and counts as one of those held.
    class held_socket {
    public:
        explicit held_socket(scanner& owner) : owner_(owner) {}

        ~held_socket() { close(); }

        held_socket(const held_socket&) = delete;
        held_socket& operator=(const held_socket&) = delete;

        int get() const noexcept { return fd_.get(); }

        unique_fd& descriptor() noexcept { return fd_; }

        /// For that family. False, with errno, when there is none to be had.
        bool open(int family) {
            if (fd_ && family == family_) return true;
            close();
            family_ = family;
            fd_.reset(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            if (fd_) ++owner_.held_;
            return bool{fd_};
        }

        void close() {
            if (!fd_) return;
            fd_.reset();
            --owner_.held_;
            owner_.room_.notify_one();
        }

    private:
        scanner& owner_;
        unique_fd fd_;
        int family_ = 0;
    };

    // [probe]
    verdict probe(const endpoint& target, held_socket& socket) {
        for (;;) {
            const int error = connect(target, socket);
            if (error == ECONNREFUSED) return {port_state::closed, error};
            const bool itself = error == 0 && is_connected_to_itself(socket.get());
            if (error == 0) reset_when_closed(socket.get());
            socket.close();
            if (error == 0 && !itself) return {port_state::open, 0};
            if (error != 0 && !out_of_room(error)) return {port_state::filtered, error};
            if (itself)
                ++notes_.self_connects; // the next socket gets another port
            else
                wait_for_room(error);
        }
    }

    // [/probe]

    // [connect]
    /// Returns what connect(2) says in the end.
    int connect(const endpoint& target, held_socket& socket) {
        if (!socket.open(family_of(target).family())) return errno;
        if (options_.prepare) options_.prepare(socket.get(), target);
        int error = try_connect(socket.get(), target);
        if (error == EINPROGRESS) error = try_connect(socket.get(), target);
        if (error != EALREADY) return error; // this machine answers before it returns
        wait_for_answer(target, socket);
        error = try_connect(socket.get(), target);
        return error == EALREADY ? ETIMEDOUT : error;
    }

    // [/connect]

    void wait_for_answer(const endpoint& target, held_socket& socket) {
        const auto deadline = steady_clock::now() + options_.timeout;
        const timeline::span span{timeline::kind::waits, endpoint_text(target)};
        tcp::socket waiting{loop_.context(), family_of(target),
                            socket.descriptor().release()};
        boost::system::error_code ignored; // the socket knows better what happened
        waiting.async_wait(tcp::socket::wait_write, yield.until(deadline)[ignored]);
        socket.descriptor().reset(waiting.release());
    }

    /// Closing sends a reset: no port of ours stays behind in TIME_WAIT.
    static void reset_when_closed(int socket) {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }

    /// Nothing is wrong with the port: somebody else must give something back first.
    void wait_for_room(int error) {
        if (held_ == 0 && error == EMFILE)
            throw std::system_error{error, std::generic_category(), "a single socket"};
        ++notes_.waits;
        std::unique_lock lock{mutex_};
        room_.wait_for(lock, pause_without_room);
    }

    event_loop& loop_;
    const targets& targets_;
    std::uint64_t next_;
    std::uint64_t last_;
    const scan_options& options_;
    const verdict_sink& sink_;
    scan_notes notes_;
    std::size_t held_ = 0; ///< Sockets that are open.
    boost::fibers::mutex mutex_;
    boost::fibers::condition_variable room_;
    std::exception_ptr failure_;
};

} // namespace

const char* to_text(port_state state) noexcept {
    switch (state) {
    case port_state::open:
        return "open";
    case port_state::closed:
        return "closed";
    case port_state::filtered:
        break;
    }
    return "filtered";
}

std::string reason(const verdict& v, std::chrono::milliseconds timeout) {
    if (v.error == 0) return "connected";
    if (v.error == ETIMEDOUT) return fmt::format("no answer in {} ms", timeout.count());
    std::string text = std::generic_category().message(v.error);
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

scan_notes scan(event_loop& loop, const targets& all, part which,
                const scan_options& options, const verdict_sink& sink) {
    return scanner{loop, all, which, options, sink}.run();
}

} // namespace ladder::port_scanner
