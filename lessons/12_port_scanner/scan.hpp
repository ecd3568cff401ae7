#pragma once

#include "targets.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace ladder::fibers_on_asio {
class event_loop;
}

namespace ladder::port_scanner {

enum class port_state : std::uint8_t {
    open,     ///< Somebody accepts connections.
    closed,   ///< The host says that nobody does (a reset, RFC 9293 §3.10.7.1).
    filtered, ///< No such answer: silence, or a message that the way there is barred.
};

/// What became of one port, and why.
struct verdict {
    port_state state = port_state::filtered;
    int error = 0; ///< What connect(2) said; 0 for open, ETIMEDOUT for silence.

    friend bool operator==(const verdict&, const verdict&) = default;
};

struct scan_options {
    std::size_t fibers = 500; ///< And so ports that are asked at the same time.
    std::chrono::milliseconds timeout{500}; ///< After it, silence is an answer.
    /// Called with each socket before it asks a port, for what should be set or bound
    /// first. Empty: nothing.
    std::function<void(int socket, const endpoint& target)> prepare{};
};

const char* to_text(port_state) noexcept;
/// "connected", "connection refused", "no answer in 500 ms", "no route to host".
std::string reason(const verdict&, std::chrono::milliseconds timeout);

/// What a scan met on its way; nothing of it changes a verdict.
struct scan_notes {
    std::uint64_t self_connects =
        0;                   ///< A socket was connected to itself, and asked anew.
    std::uint64_t waits = 0; ///< A fiber waited for a descriptor or a local port.
};

/// Gets every port's verdict exactly once, in order of completion; `index` is its place
/// in the targets. Called in a fiber; may block, and then all fibers wait.
using verdict_sink = std::function<void(std::uint64_t index, const verdict&)>;

/// Asks every port of a part of the targets, with a pool of fibers. Call in a thread
/// that has `loop`, in a fiber of it (its first one is one); returns when all is done.
///
/// Where descriptors or local ports run out, a fiber waits until another one has one to
/// spare. Throws std::system_error when there is none for a single socket, and what
/// `sink` and `prepare` throw, when all fibers are done.
scan_notes scan(fibers_on_asio::event_loop& loop, const targets& all, part which,
                const scan_options& options, const verdict_sink& sink);

} // namespace ladder::port_scanner
