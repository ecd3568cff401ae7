#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ladder {

/// Takes one HTTP/1.x answer apart, however its bytes are cut, without any I/O (RFC
/// 9112).
///
/// It reads what servers send and not only what they should: a line may end in LF alone,
/// the reason phrase may be missing, and any HTTP/1.x is read like 1.1 (RFC 9110 §2.5).
/// What could be read in two ways, such as two lengths that differ, is an error.
///
/// A header is kept until it is complete, and then read at once; of the body, nothing is
/// kept. What matters is in which part of the answer the next byte is: `part_`.
class http_answer {
public:
    struct rules {
        std::size_t max_header = 0; ///< Bytes; also of all trailers.
        std::uint64_t max_body = 0; ///< Bytes.
        bool of_head = false;       ///< Of a HEAD request: it has no body.
        /// Receives the body; an error that it returns ends the answer.
        std::function<std::error_code(std::string_view piece)> sink{};
        /// Receives all bytes of the final answer as they came, if it is there; too.
        std::function<std::error_code(std::string_view bytes)> raw{};
    };

    explicit http_answer(rules r) : rules_(std::move(r)) {}

    /// Takes from the front of `bytes`, and returns how many: all, but for what follows
    /// the end of the answer or an error.
    std::size_t put(std::string_view bytes);
    /// The stream has ended.
    void put_end();

    bool complete() const noexcept { return part_ == part::complete; }

    std::error_code error() const noexcept { return error_; }

    /// It began as an HTTP answer does.
    bool started() const noexcept { return started_; }

    bool keep_alive() const noexcept { return complete() && keep_alive_; }

    /// 0 until the header of the final answer is complete.
    int status() const noexcept { return part_ > part::header ? status_ : 0; }

    /// The first one of that name, in any case, that says something; or nothing.
    std::string_view header(std::string_view name) const noexcept;
    /// All of that name, which are one list (RFC 9110 §5.3).
    std::string header_list(std::string_view name) const;

    std::uint64_t body_size() const noexcept { return body_size_; }

private:
    enum class part : char {
        header,
        sized_body,
        endless_body, ///< Until the stream ends.
        chunk_size,
        chunk,
        chunk_end, ///< The end of the line behind it.
        trailers,
        complete,
    };

    std::size_t put_header(std::string_view bytes);
    std::size_t put_body(std::string_view bytes);
    std::size_t put_piece(std::string_view bytes);
    void end_line();
    bool read_status(std::string_view line);
    void read_header();
    bool read_field(std::string_view line);
    bool read_length(std::string_view value);
    bool read_transfer_coding(std::string_view value);
    void begin_body();

    void fail(std::error_code error) { error_ = error; }

    rules rules_;
    part part_ = part::header;
    std::error_code error_;
    bool started_ = false;

    std::string raw_head_;       ///< When it is wanted.
    std::string head_;           ///< Its lines, each with LF at its end.
    std::size_t line_start_ = 0; ///< In `head_`: of the line that is not complete.
    bool goes_on_ = false;       ///< A line begins with a blank.
    std::size_t received_ = 0;   ///< Bytes of header, or of trailers.
    int minor_version_ = 0;
    int status_ = 0;
    std::uint64_t length_ = 0;
    bool has_length_ = false;
    bool chunked_ = false;
    bool says_close_ = false;
    bool says_keep_alive_ = false;
    bool keep_alive_ = false;

    std::string line_;       ///< Of the body: the size of a chunk, a trailer.
    std::uint64_t left_ = 0; ///< Of the body, or of a chunk.
    std::uint64_t body_size_ = 0;
};

} // namespace ladder
