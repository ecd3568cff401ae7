#pragma once

#include "fibers_on_asio/no_lock.hpp"
#include "processes/child_process.hpp"
#include "protocol.hpp"
#include "statistics.hpp"
#include "task.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/fiber/condition_variable.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ladder::fetcher {

/// The supervisor's end of one worker: its process, the socket to it, and the frames that
/// go through. When the process dies, another one takes its place here.
///
/// Two fibers use it. One is in `send_tasks` for as long as there is a run. The other one
/// goes round: `start`, `receive` until the stream ends, `bury`. `process_` is there from
/// `start` to `bury`. `outbox_` holds the frames of which no write has begun; they are
/// for the process that there is, so `start` begins a new one. `sending_` is true while
/// the first fiber writes to `socket_`: so long the socket is not opened for the next
/// process, or the rest of a write would reach it as the middle of a frame.
class worker_link {
public:
    /// `settings` are those of this worker, and sent to it first. The others must live as
    /// long as this.
    worker_link(boost::asio::io_context& io, const std::string& program,
                worker_settings settings, shared_statistics& statistics);
    ~worker_link(); ///< Kills the process, if there is one, and removes what it left.
    worker_link(const worker_link&) = delete;
    worker_link& operator=(const worker_link&) = delete;

    /// Starts the program as a worker. Throws std::system_error.
    void start();

    /// Waits until the process says something, and returns false when its stream has
    /// ended: it is dead, or about to be.
    bool receive();

    /// The next whole frame of what was received; valid until `receive`.
    std::optional<std::string_view> next_frame() { return frames_.next(); }

    /// Collects a process whose stream has ended, and says how it did. What it had begun
    /// to save is removed.
    processes::exit_status bury();

    /// Never waits: what is sent together is written together.
    void send(const task& what);

    /// Writes what `send` gathers, until `close`.
    void send_tasks();

    /// Tells the process to begin nothing new.
    void stop();

    /// No more tasks: the process goes home when it has done those that it has.
    void close();

    void kill();

    /// To be called again and again, less often than the worker's heart beats.
    void look() noexcept;

    /// For how many looks it has not beaten; when the process is gone, in its life.
    int silent_looks() const noexcept { return silent_; }

    std::size_t number() const noexcept { return settings_.number; }

private:
    const std::string& program_;
    worker_settings settings_;
    shared_statistics& statistics_;
    std::optional<processes::child_process> process_;
    boost::asio::local::stream_protocol::socket socket_;
    std::array<char, 64 << 10> bytes_; ///< For one read.
    frame_reader frames_;
    std::string outbox_;
    std::uint64_t heartbeat_ = 0; ///< What it was in the last look.
    int silent_ = 0;              ///< Looks since it changed.
    bool sending_ = false;
    bool closed_ = false;
    boost::fibers::condition_variable_any changed_; ///< Any of the last three.
    fibers_on_asio::no_lock one_thread_;
};

} // namespace ladder::fetcher
