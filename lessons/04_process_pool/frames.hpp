#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// What the pool and a worker say to each other: a header and as many bytes as it says,
/// without any I/O. A stream has no boundaries; these are what makes messages of it.
namespace ladder::process_pool {

/// A buffer that has grown beyond this many bytes is given back when it is empty.
inline constexpr std::size_t worth_keeping = 1'048'576;

enum class frame_kind : std::uint32_t {
    task = 1, ///< To the worker: an encoded request.
    started,  ///< To the pool: from here on, my death is this task's fault. No bytes.
    done,     ///< The encoded response.
    failed,   ///< The encoded failure: what was thrown.
};

struct frame_header {
    std::uint64_t size = 0; ///< Bytes that follow.
    std::uint64_t task = 0; ///< The number of the task.
    frame_kind kind{};
    std::uint32_t unused = 0;
};

struct frame {
    frame_kind kind{};
    std::uint64_t task = 0;
    std::string_view bytes;
};

/// Cuts a stream into frames of any size.
class frame_reader {
public:
    /// Room for received bytes: at least 64 KiB, or all that a begun frame still needs.
    /// Throws `std::bad_alloc` or `std::length_error` when there is no memory for it.
    std::span<char> room();

    /// `size` bytes were put into `room()`.
    void received(std::size_t size) noexcept { end_ += size; }

    /// The next whole frame, if there is one; valid until the next call of `room`. Throws
    /// `std::runtime_error` when the bytes are no frame.
    std::optional<frame> next();

    /// There is a whole frame.
    bool has_next() const;

private:
    std::optional<frame_header> header() const;

    std::string buffer_;
    std::size_t begin_ = 0; // of what `next` has not returned
    std::size_t end_ = 0;   // of what was received
};

} // namespace ladder::process_pool
