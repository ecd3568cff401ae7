#include "message_channel.hpp"

#include "processes/pipe.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <span>
#include <stdexcept>

#include <sys/socket.h>
#include <sys/uio.h>

namespace ladder::ipc_queues {

namespace {

using length_type = std::uint32_t;

std::error_code last_error() {
    return {errno, std::generic_category()};
}

/// Turns SIGPIPE into the error EPIPE for the time of one call, in this thread, without
/// touching what the rest of the program does about that signal.
class no_sigpipe {
public:
    no_sigpipe() {
        sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }

    ~no_sigpipe() {
        const timespec now{};
        if (!was_pending_) // takes the one that we caused, if we did
            while (::sigtimedwait(&pipe_, nullptr, &now) < 0 && errno == EINTR) {
            }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

    no_sigpipe(const no_sigpipe&) = delete;
    no_sigpipe& operator=(const no_sigpipe&) = delete;

private:
    bool was_pending_;
    sigset_t pipe_{};
    sigset_t before_{};
};

/// Reads until the room is full or the stream ends, and says how much came.
std::size_t read_all(int fd, std::span<char> room, std::error_code& error) {
    std::size_t size = 0;
    while (size < room.size()) {
        const ssize_t part = ::read(fd, room.data() + size, room.size() - size);
        if (part == 0) break; // nobody can write any more
        if (part > 0)
            size += static_cast<std::size_t>(part);
        else if (errno != EINTR) {
            error = last_error();
            break;
        }
    }
    return size;
}

} // namespace

channel_ends message_channel::pipe() {
    auto both = processes::make_pipe();
    return {message_channel{std::move(both.read)},
            message_channel{std::move(both.write)}};
}

channel_ends message_channel::socket_pair() {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0)
        throw std::system_error{last_error(), "socketpair"};
    return {message_channel{processes::unique_fd{fds[0]}},
            message_channel{processes::unique_fd{fds[1]}}};
}

std::error_code message_channel::send(std::string_view message) {
    if (message.size() > message_limit)
        throw std::length_error{"message_channel: a message longer than the limit"};
    auto length = static_cast<length_type>(message.size());
    std::array<iovec, 2> parts{
        iovec{&length, sizeof length},
        iovec{const_cast<char*>(message.data()), message.size()}, // only read from
    };
    const no_sigpipe guard;
    for (std::size_t left = sizeof length + message.size(); left > 0;) {
        const ssize_t size = ::writev(end_.get(), parts.data(), parts.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return last_error();
        left -= static_cast<std::size_t>(size);
        auto taken = static_cast<std::size_t>(size); // perhaps in the middle of a part
        for (iovec& part : parts) {
            const std::size_t here = std::min(taken, part.iov_len);
            part.iov_base = static_cast<char*>(part.iov_base) + here;
            part.iov_len -= here;
            taken -= here;
        }
    }
    return {};
}

std::optional<std::string> message_channel::receive(std::error_code& error) {
    error.clear();
    std::array<char, sizeof(length_type)> head{};
    const std::size_t got = read_all(end_.get(), head, error);
    if (error || got == 0) return std::nullopt; // the end, between two messages
    if (got == head.size()) {
        const auto length = std::bit_cast<length_type>(head);
        if (length > message_limit) {
            error = make_error_code(std::errc::message_size);
            return std::nullopt;
        }
        std::string message(length, '\0');
        if (read_all(end_.get(), message, error) == length) return message;
    }
    if (!error) error = make_error_code(std::errc::bad_message); // the end, within one
    return std::nullopt;
}

} // namespace ladder::ipc_queues
