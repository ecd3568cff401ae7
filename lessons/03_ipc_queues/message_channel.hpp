#pragma once

#include "processes/unique_fd.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ladder::ipc_queues {

struct channel_ends;

/// One end of a channel between two processes. Messages go in at one end and come out at
/// the other: whole, in order, each once. On the wire a message is its length (4 bytes,
/// in the byte order of this machine) and then its bytes.
///
/// It is *bounded*: what was sent and not yet received is in a buffer of the kernel
/// (pipe(7), SO_SNDBUF in socket(7)). When that is full, send() waits. That is
/// back-pressure.
///
/// It *ends*: when every copy of one end is closed, the other end knows. A process that
/// dies, in whatever way, closes its descriptors, so its death is an end too. But fork(2)
/// copies both ends. Each process closes the end that it does not use, or nobody ever
/// learns of anybody's end.
///
/// Only one process, and only one of its threads, sends at an end at a time; the same for
/// receiving. A signal interrupts nothing (EINTR).
class message_channel {
public:
    static constexpr std::size_t message_limit = 16 << 20; ///< Bytes of one message.

    /// One end to receive at and one to send at. Throws `std::system_error`.
    static channel_ends pipe();
    /// Both ends send and receive: a stream socketpair(2). Throws `std::system_error`.
    static channel_ends socket_pair();

    /// Of the end of a pipe or of a stream socket; may be non-blocking only where the
    /// caller waits before each call, and not in the middle of a message.
    explicit message_channel(processes::unique_fd end) noexcept : end_(std::move(end)) {}

    /// Returns when the kernel has taken the whole message; waits while it has no room.
    /// The error is `broken_pipe` when nobody can receive any more; there is no SIGPIPE.
    /// That the message went in says nothing about whether anybody takes it out. Throws
    /// `std::length_error` for a message longer than the limit.
    [[nodiscard]] std::error_code send(std::string_view message);

    /// Waits for the next message. Nothing without an error: the end of the stream.
    /// Nothing with an error: `bad_message` when the stream ends in the middle of a
    /// message, because its sender died there; `message_size` when what comes is longer
    /// than the limit; or what read(2) says. After an error the stream is of no use.
    std::optional<std::string> receive(std::error_code& error);

    /// Closes this process's copy of the end. The destructor does so too.
    void close() noexcept { end_.reset(); }

    /// For poll(2); not to read from. -1 when it was closed.
    int descriptor() const noexcept { return end_.get(); }

private:
    processes::unique_fd end_;
};

struct channel_ends {
    message_channel receiver;
    message_channel sender;
};

} // namespace ladder::ipc_queues
