#include "pipe.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>

namespace ladder::processes {

pipe_ends make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error{errno, std::generic_category(), "pipe"};
    return {unique_fd{ends[0]}, unique_fd{ends[1]}};
}

std::error_code write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t size = ::write(fd, bytes.data(), bytes.size());
        if (size >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(size));
        else if (errno != EINTR)
            return {errno, std::generic_category()};
    }
    return {};
}

std::string read_all(int fd) {
    std::string bytes;
    std::array<char, 16'384> buffer{};
    while (true) {
        const ssize_t size = ::read(fd, buffer.data(), buffer.size());
        if (size == 0) return bytes;
        if (size > 0)
            bytes.append(buffer.data(), static_cast<std::size_t>(size));
        else if (errno != EINTR)
            throw std::system_error{errno, std::generic_category(), "read"};
    }
}

} // namespace ladder::processes
