// Deliberately wrong: a child that has nothing to do with a pipe was forked while its
// write end was open, and so holds it open too. The reader never sees the end.

#include "child_process.hpp"
#include "pipe.hpp"

#include <fmt/format.h>

#include <array>

#include <poll.h>
#include <unistd.h>

using namespace ladder::processes;

namespace {

/// Reads until it gets nothing, for at most half a second without a byte.
void read_to_the_end(int fd) {
    std::array<char, 100> bytes{};
    pollfd pipe{.fd = fd, .events = POLLIN, .revents = 0};
    while (::poll(&pipe, 1, 500) > 0) {
        const ssize_t size = ::read(fd, bytes.data(), bytes.size());
        if (size <= 0) {
            fmt::print("the end\n");
            return;
        }
        fmt::print("{} bytes\n", size);
    }
    fmt::print("no end in sight: who else can still write?\n");
}

} // namespace

int main() {
    pipe_ends pipe = make_pipe();
    child_process writer =
        child_process::fork([&] { return write_all(pipe.write.get(), "hello") ? 1 : 0; });
    child_process stranger =
        child_process::fork([] { return ::pause(); }, {.die_with_parent = true});
    pipe.write.reset();
    writer.wait();
    read_to_the_end(pipe.read.get());

    fmt::print("and without the other child: ");
    stranger.kill();
    stranger.wait();
    read_to_the_end(pipe.read.get());
}
