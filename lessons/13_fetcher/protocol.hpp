#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

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
};

/// One URL to fetch.
struct task {
    std::uint64_t id = 0; ///< Its place in the list.
    std::string url{};
};

/// What became of it.
struct outcome {
    std::uint64_t id = 0;
    std::int32_t status = 0; ///< 0: no HTTP answer.
    std::uint64_t bytes = 0; ///< Of the body.
    std::error_code error{}; ///< Of the network, the answer, or the disk.
    bool disk_failed =
        false; ///< The error is the disk's: the next page will not do better.
    std::uint32_t attempts = 0;
    std::chrono::microseconds elapsed{};
    std::string sha256{}; ///< Of the whole body, in hexadecimal; empty after an error.
    std::string file{};   ///< Where it was saved, below the folder; empty: not saved.
};

/// An empty frame: a worker's first, which says that it has started.
void append_greeting(std::string& buffer);
void append_frame(std::string& buffer, const worker_settings&);
void append_frame(std::string& buffer, const task&);
void append_frame(std::string& buffer, const outcome&);

/// Cuts a stream of bytes into frames.
class frame_reader {
public:
    static constexpr std::uint32_t limit = 1 << 20; ///< Bytes in one frame.

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

} // namespace ladder::fetcher
