#pragma once

#include "counters.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ladder::server {

/// A request whose target is taken apart. The views live until the answer is complete.
struct request {
    std::string_view target;    ///< Path and query.
    std::string_view path = {}; ///< Without the first slash.
    std::string_view query = {};
    std::uint64_t number = 0; ///< The N of `/page/N`.
    std::uint64_t count = 0; ///< How often this target was asked for, this time included.

    /// The value of a parameter in the query; empty when it is not there.
    std::string_view parameter(std::string_view name) const;
};

struct response {
    int status = 200;
    std::string_view type = "text/plain";
    std::string_view headers = {}; ///< More of them, each with its line end.
    std::string_view body = {};
};

/// What an answer can do with the client that asked. It ends by exactly one of `reply`,
/// `finish`, `finish_and_end`, `close` and `reset`, and has one thing to come at a time.
/// The client lives until then, or until it gives up; then what was to come does not.
///
/// targets.cpp knows of the network no more than this, and compiles without it.
class client {
public:
    /// What is to come.
    using step = std::function<void()>;

    /// Sends all of it, most often before this returns, and finishes.
    virtual void reply(const response& r) = 0;
    /// Appends status line and headers, all but the one that frames the body.
    virtual void write_head(std::string& bytes, const response& r) const = 0;
    /// Calls `then` when the kernel has all of the bytes, never before this returns.
    virtual void send(std::string bytes, step then) = 0;
    /// The same with bytes that stay where they are.
    virtual void send_static(std::string_view bytes, step then) = 0;
    virtual void after(std::chrono::milliseconds delay, step then) = 0;

    /// The answer is complete: on to the next request, or to the end.
    virtual void finish() = 0;
    virtual void end_after_this_answer() noexcept = 0;

    void finish_and_end() {
        end_after_this_answer();
        finish();
    }

    virtual void close() = 0;
    /// Closes with a RST, whatever is still to be sent.
    virtual void reset() = 0;

    /// Replies when so many wait at the gate of this name.
    virtual void wait_at_gate(const std::string& name, std::uint64_t places) = 0;

    virtual counters& counts() noexcept = 0;

protected:
    ~client() = default;
};

} // namespace ladder::server
