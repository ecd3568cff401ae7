#pragma once

#include <array>
#include <cerrno>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include <sys/socket.h>

namespace ladder {

/// Makes lines out of what comes through a socket that does not block. The loop calls
/// `on_readable` when epoll(7) reports the socket, which it watches edge-triggered: after
/// something new has come, once.
class line_reader {
public:
    enum class state {
        open,  ///< There may come more.
        ended, ///< The other side has finished.
        failed ///< `error()` says why.
    };

    /// Calls `on_line` for each line, without its line feed. The socket stays yours.
    line_reader(int socket, std::function<void(const std::string&)> on_line)
        : socket_(socket),
          on_line_(std::move(on_line)) {}

    /// Takes all that is there, and never waits. When the stream ends in the middle of a
    /// line, the error is `std::errc::bad_message`.
    state on_readable() {
        std::array<char, 4096> buffer;
        for (;;) {
            const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
            if (size > 0) {
                take({buffer.data(), static_cast<std::size_t>(size)});
                continue;
            }
            if (size == 0) return unfinished_.empty() ? state::ended : fail(EBADMSG);
            if (errno == EAGAIN || errno == EWOULDBLOCK) return state::open;
            if (errno != EINTR) return fail(errno);
        }
    }

    const std::error_code& error() const { return error_; }

private:
    void take(std::string_view bytes) {
        for (;;) {
            const auto end = bytes.find('\n');
            unfinished_ += bytes.substr(0, end);
            if (end == bytes.npos) return;
            on_line_(unfinished_);
            unfinished_.clear();
            bytes.remove_prefix(end + 1);
        }
    }

    state fail(int error) {
        error_.assign(error, std::generic_category());
        return state::failed;
    }

    int socket_;
    std::function<void(const std::string&)> on_line_;
    std::string unfinished_; // the line whose end has not come yet
    std::error_code error_;
};

} // namespace ladder
