#pragma once

#include "match_settings.hpp"
#include "request_settings.hpp"
#include "route_settings.hpp"
#include "speed_watch.hpp"
#include "task.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the supervisor and its workers say to each other: frames of four bytes of length,
/// in the machine's own byte order, and that many bytes. Both ends are the same program
/// on the same machine, so there is no version and no portability to care for.
namespace ladder::fetcher {

/// What every worker must know; the first frame that it gets.
struct worker_settings {
    std::uint32_t number = 0;      ///< Which slot of the statistics is this worker's.
    std::int32_t supervisor = 0;   ///< Its process id.
    std::uint32_t concurrency = 1; ///< Fibers, and so pages at the same time.
    std::chrono::milliseconds timeout{};         ///< For one attempt.
    std::chrono::milliseconds connect_timeout{}; ///< For the connecting in it.
    std::uint32_t retries = 0;                   ///< Attempts after the first.
    std::uint64_t max_bytes = 0;                 ///< Largest body.
    std::string user_agent{};
    std::string folder{}; ///< Where pages are saved; empty: nowhere.
    std::string parts{};  ///< A folder in there, this worker's own: pages being saved.
    std::string archive_folder{}; ///< These three as `warc_archive` has them.
    std::string archive_told{};
    std::string archive_name{};           ///< Empty: there is none, each page has a file.
    std::chrono::milliseconds deadline{}; ///< For all attempts and redirects; 0: none.
    minimum_speed least{};                ///< Slower answers are errors.
    request_settings request{};
    match_settings match{};
    route_settings route{};
};

/// How far a worker has come with a URL that takes more than one request. It says so to
/// itself, or to the worker that does the next one: `task::so_far`.
struct journey {
    std::string method{};
    std::string credentials{}; ///< For the host where it is.
    bool with_body = true;
    bool with_secrets = true;
    std::vector<std::uint64_t> seen{}; ///< Digests of what was redirected.
    std::uint32_t redirects = 0;
    std::uint32_t retries = 0;      ///< In all,
    std::uint32_t retries_here = 0; ///< and of them, since the last redirect.
    /// Of the machine's steady clock, which all processes share.
    std::chrono::steady_clock::duration began{};
};

/// An empty frame: a worker's first, which says that it has started.
void append_greeting(std::string& buffer);
/// An empty frame, too, to a worker: it begins nothing new, and gives back what it has
/// not begun.
void append_stop(std::string& buffer);
void append_frame(std::string& buffer, const worker_settings&);
void append_frame(std::string& buffer, const task&);
void append_frame(std::string& buffer, const outcome&);
void append_frame(std::string& buffer, const journey&);

/// Cuts a stream of bytes into frames.
class frame_reader {
public:
    static constexpr std::uint32_t limit = 16 << 20; ///< Bytes in one frame.

    void append(std::string_view bytes) { buffer_.append(bytes); }

    /// The next whole frame, if there is one; valid until the next `append`. Throws
    /// std::runtime_error when a frame is longer than the limit.
    std::optional<std::string_view> next();

    /// Forgets the frames that `next` returned.
    void discard_read();

private:
    std::string buffer_;
    std::size_t read_ = 0;
};

/// These throw std::runtime_error when the bytes are no such thing.
worker_settings decode_settings(std::string_view frame);
task decode_task(std::string_view frame);
outcome decode_outcome(std::string_view frame);
journey decode_journey(std::string_view frame);

} // namespace ladder::fetcher
