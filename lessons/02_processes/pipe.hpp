#pragma once

#include "unique_fd.hpp"

#include <string>
#include <string_view>
#include <system_error>

namespace ladder::processes {

/// Both ends of a pipe(7): bytes go in at one and come out at the other, in order. The
/// reader is at the end of the stream when *every* descriptor of `write` is closed, in
/// every process.
struct pipe_ends {
    unique_fd read;
    unique_fd write;
};

/// Both are closed in programs that this process starts (O_CLOEXEC), but not in processes
/// that it forks. Throws `std::system_error`.
pipe_ends make_pipe();

/// Writes all of it; blocks while the pipe is full. When no reader is left, the error is
/// EPIPE where SIGPIPE is ignored or blocked; otherwise that signal ends the process.
std::error_code write_all(int fd, std::string_view bytes);

/// Reads up to the end of the stream. Throws `std::system_error`.
std::string read_all(int fd);

} // namespace ladder::processes
