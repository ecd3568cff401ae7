#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace ladder {
class temporary_file;
}

/// Who ran and who waited, when, across processes, threads and fibers.
///
/// A program marks what it does with a `span`. Nothing happens until something records:
/// an environment variable `LADDER_TIMELINE=/path/to/file`, or a `recording`. Then every
/// process that has the variable, or is forked from one that has, appends to one file in
/// shared memory, without a lock; a process that is killed takes with it only the spans
/// that it had not ended.
namespace ladder::timeline {

enum class kind : std::uint8_t { runs, waits };

/// Longest label, in bytes; the rest is cut off.
constexpr std::size_t label_limit = 40;

namespace detail {
enum class mode : int { unknown, off, on };
inline constinit std::atomic<mode> recording{mode::unknown};
} // namespace detail

/// Marks the time from here to the end of the scope. Costs a load and a branch when
/// nothing records; otherwise it allocates nothing and makes no system call but getpid(2)
/// and gettid(2). Put it on the stack, or into a `std::optional` when the work begins in
/// one callback and ends in another.
class span {
public:
    span(kind what, std::string_view label) noexcept {
        if (detail::recording.load(std::memory_order_relaxed) != detail::mode::off)
            begin(what, label);
    }

    ~span() {
        if (begin_ != 0) end();
    }

    span(const span&) = delete;
    span& operator=(const span&) = delete;

private:
    void begin(kind, std::string_view) noexcept;
    void end() noexcept;

    std::int64_t begin_ = 0; // 0: not recorded
    kind kind_;
    std::uint8_t label_size_;
    char label_[label_limit];
};

/// A span that has ended.
struct interval {
    /// Nanoseconds of CLOCK_MONOTONIC, which is the same in all processes.
    std::int64_t begin = 0, end = 0;
    pid_t pid = 0;
    pid_t tid = 0; ///< Of the thread in which it ended.
    timeline::kind kind = timeline::kind::runs;
    std::string label = {};

    bool operator==(const interval&) const = default;
};

/// Records, as long as it lives, what this process does, the processes that it forks, and
/// those that it starts with its environment: it sets `LADDER_TIMELINE` and sets it back.
/// So make it before there are other threads, and let it outlive all other users of spans
/// in this process. One at a time. Throws `std::system_error`.
class recording {
public:
    static constexpr std::size_t default_capacity = 100'000; ///< Spans; 72 bytes each.

    /// Into a temporary file, removed at the end.
    explicit recording(std::size_t capacity = default_capacity);
    /// Into a file that stays; what it held before is lost.
    explicit recording(const std::filesystem::path& file,
                       std::size_t capacity = default_capacity);
    ~recording();
    recording(const recording&) = delete;
    recording& operator=(const recording&) = delete;

    /// What has ended so far, in the order of `begin`. Any thread may ask, at any time.
    std::vector<interval> intervals() const;
    /// How many spans found the file full.
    std::uint64_t dropped() const noexcept;

    const std::filesystem::path& file() const noexcept { return file_; }

private:
    recording(std::unique_ptr<temporary_file> file, std::size_t capacity);

    std::unique_ptr<temporary_file> temporary_; // none: it stays
    std::filesystem::path file_;
    std::optional<std::string> variable_before_;
};

/// Reads a file that was recorded, also while it is. Throws `std::system_error`, or
/// `std::runtime_error` when it is no recording.
std::vector<interval> read(const std::filesystem::path& file);

/// One line of a drawing.
struct row {
    pid_t pid = 0;
    pid_t tid = 0;
    std::vector<interval> intervals =
        {}; ///< In the order of `begin`; outer before inner.
};

/// Puts what overlaps into rows of its own: all rows of a thread beneath each other, all
/// threads of a process too. Fibers have no number: those of one thread get as many rows
/// as there were at the same time. An interval within another of the other kind (running
/// in the middle of a page's wait) goes onto the same row; of several that fit, onto the
/// one with the same label.
std::vector<row> rows(std::vector<interval> intervals);

/// One part of a drawing. Every panel begins at its own first interval.
struct panel {
    std::string title = {};
    std::vector<interval> intervals = {};
};

struct terminal_options {
    std::size_t width = 80;    ///< Columns; at least 56.
    std::size_t max_rows = 24; ///< Per panel.
    bool color = false;        ///< ANSI escape sequences.
    bool ascii = false;        ///< `|--|` and `#` for `├──┤` and `█`.
};

struct svg_options {
    std::string title = {};
    std::size_t max_rows = 40; ///< Per panel.
};

/// The panels one above the other, all to the same scale of time. Of a label that is a
/// URL only the path is drawn.
std::string draw_terminal(std::span<const panel>, const terminal_options& = {});
/// A picture that stands alone, for light and dark pages.
std::string draw_svg(std::span<const panel>, const svg_options& = {});

/// A single panel.
std::string draw_terminal(const std::vector<interval>&, const terminal_options& = {});
std::string draw_svg(const std::vector<interval>&, const svg_options& = {});

/// JSON for https://ui.perfetto.dev or chrome://tracing: complete ("X") events of the
/// Trace Event Format, in microseconds from the first interval; a thread per row.
std::string trace_event_json(const std::vector<interval>&);

} // namespace ladder::timeline
