#pragma once

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace ladder {

/// Messages from one process to another, through a pipe. A message is its length, 4 bytes
/// as this machine writes numbers, and then its bytes. The pipe has room for so much and
/// no more; the channel ends when nobody can send any more.
///
/// Make it before fork(2). Then each process closes the end that it does not use.
class channel {
public:
    channel() {
        std::signal(SIGPIPE, SIG_IGN); // write(2) says EPIPE instead
        if (::pipe2(ends_, O_CLOEXEC) != 0)
            throw std::system_error{errno, std::generic_category(), "pipe"};
    }

    ~channel() {
        close_receiving_end();
        close_sending_end();
    }

    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;

    /// Returns when the pipe has taken the whole message, and waits while it has no room.
    /// When nobody can receive any more, the error is `std::errc::broken_pipe`.
    std::error_code send(std::string_view message) {
        std::error_code error;
        const auto length = static_cast<std::uint32_t>(message.size());
        write_all(&length, sizeof length, error);
        if (!error) write_all(message.data(), message.size(), error);
        return error;
    }

    /// Waits for the next message. Nothing, and no error: nobody can send any more.
    /// Nothing, and `std::errc::bad_message`: so it is, but in the middle of a message.
    std::optional<std::string> receive(std::error_code& error) {
        error.clear();
        std::uint32_t length = 0;
        const std::size_t got = read_all(&length, sizeof length, error);
        if (error || got == 0) return std::nullopt;
        std::string message(got == sizeof length ? length : 0, '\0');
        if (got < sizeof length ||
            read_all(message.data(), message.size(), error) < message.size()) {
            if (!error) error = make_error_code(std::errc::bad_message);
            return std::nullopt;
        }
        return message;
    }

    void close_receiving_end() { close(ends_[0]); }

    void close_sending_end() { close(ends_[1]); }

    int receiving_end() const { return ends_[0]; }

    int sending_end() const { return ends_[1]; }

private:
    /// Writes all the bytes.
    void write_all(const void* bytes, std::size_t size, std::error_code& error) {
        const auto* from = static_cast<const char*>(bytes);
        while (size > 0) {
            const ssize_t written = ::write(ends_[1], from, size);
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) {
                error.assign(errno, std::generic_category());
                return;
            }
            from += written;
            size -= static_cast<std::size_t>(written);
        }
    }

    /// Reads until there are `size` bytes, or no more will come; says how many came.
    std::size_t read_all(void* bytes, std::size_t size, std::error_code& error) {
        std::size_t got = 0;
        while (got < size) {
            const ssize_t part =
                ::read(ends_[0], static_cast<char*>(bytes) + got, size - got);
            if (part < 0 && errno == EINTR) continue;
            if (part < 0) error.assign(errno, std::generic_category());
            if (part <= 0) break;
            got += static_cast<std::size_t>(part);
        }
        return got;
    }

    static void close(int& fd) {
        if (fd >= 0) ::close(fd);
        fd = -1;
    }

    int ends_[2] = {-1, -1}; // as pipe(2) has them: to read from, to write to
};

} // namespace ladder
