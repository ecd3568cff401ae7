#include "http_answer.hpp"

#include "http_exchange.hpp"
#include "text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace ladder {

namespace {

constexpr std::string_view protocol = "HTTP/";
constexpr std::size_t usual_header = 1024;         // bytes
constexpr std::size_t longest_chunk_line = 16'384; // bytes

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_space(char c) {
    return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

/// Takes the next item off the front of a list like "a, b".
std::string_view next_item(std::string_view& list) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const auto item = trim(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    return item;
}

/// Takes lines off the front of a header up to the next field of that name, in any case.
std::optional<std::string_view> next_value(std::string_view& header,
                                           std::string_view name) {
    while (!header.empty()) {
        const auto line = header.substr(0, header.find('\n'));
        header.remove_prefix(std::min(line.size() + 1, header.size()));
        const std::size_t colon = line.find(':'); // "HTTP/1.1 200 OK" is of no name
        if (colon != std::string_view::npos &&
            same_text(trim(line.substr(0, colon)), name))
            return trim(line.substr(colon + 1));
    }
    return {};
}

/// The whole text as a number; false when it is none, or too large.
bool to_number(std::string_view text, int base, std::uint64_t& number) {
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number, base);
    return error == std::errc{} && rest == end;
}

} // namespace

std::size_t http_answer::put(std::string_view bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && !complete() && !error_) {
        const auto rest = bytes.substr(taken);
        if (part_ == part::header) {
            taken += put_header(rest);
            continue;
        }
        const std::size_t size = put_body(rest);
        if (rules_.raw && !error_) error_ = rules_.raw(rest.substr(0, size));
        taken += size;
    }
    return taken;
}

void http_answer::put_end() {
    if (complete() || error_) return;
    if (part_ == part::endless_body)
        part_ = part::complete;
    else
        fail(http_error::truncated);
}

/// Takes bytes up to the end of a line, into `head_`; an empty line is the last one.
std::size_t http_answer::put_header(std::string_view bytes) {
    const std::size_t end = bytes.find('\n');
    const bool whole = end != std::string_view::npos;
    const std::size_t size = whole ? end + 1 : bytes.size();
    received_ += size;
    if (head_.capacity() < usual_header) head_.reserve(usual_header);
    head_ += bytes.substr(0, size);
    if (rules_.raw) raw_head_ += bytes.substr(0, size);
    // What follows may depend on the bytes, but not on how they are cut.
    const auto line = std::string_view{head_}.substr(line_start_);
    if (line_start_ == 0) {
        const auto known = line.substr(0, protocol.size());
        const bool is_blank = known == "\n" || known == "\r" || known == "\r\n";
        if (!is_blank && !protocol.starts_with(known)) {
            fail(http_error::malformed);
            return size;
        }
        started_ |= known == protocol;
        if (is_blank && whole) {
            head_.clear(); // the rest of what came before
            raw_head_.clear();
        }
    }
    if (received_ > rules_.max_header) {
        fail(http_error::header_too_large);
    } else if (whole && !head_.empty()) {
        head_.pop_back();
        while (head_.ends_with('\r'))
            head_.pop_back();
        const bool is_empty = head_.size() == line_start_;
        goes_on_ |= line_start_ > 0 && !is_empty && is_space(head_[line_start_]);
        head_ += '\n';
        if (is_empty)
            read_header();
        else if (line_start_ == 0 && !read_status(head_))
            fail(http_error::malformed);
        line_start_ = head_.size();
    }
    return size;
}

/// "HTTP/1.1 200 OK", of which the last word may be missing.
bool http_answer::read_status(std::string_view line) {
    line.remove_suffix(1);
    line.remove_prefix(protocol.size());
    if (line.size() < 3 || !line.starts_with("1.") || !is_digit(line[2])) return false;
    minor_version_ = line[2] - '0';
    line.remove_prefix(3);
    const std::size_t number = line.find_first_not_of(' ');
    if (number == 0 || number == std::string_view::npos) return false;
    line.remove_prefix(number);
    const auto digits = line.substr(0, 3);
    std::uint64_t status = 0;
    if (digits.size() < 3 || !to_number(digits, 10, status) || status < 100) return false;
    status_ = static_cast<int>(status);
    return line.size() == 3 || !is_digit(line[3]);
}

/// All lines are there, and the first one is read.
void http_answer::read_header() {
    head_.pop_back(); // the empty line
    if (head_.find('\r') != std::string::npos || head_.find('\0') != std::string::npos)
        return fail(http_error::malformed);
    // A line that begins with a blank goes on with the one before (RFC 9112 §5.2).
    for (std::size_t i = 0; goes_on_ && (i = head_.find('\n', i) + 1) < head_.size();)
        if (is_space(head_[i])) head_[i - 1] = ' ';
    std::string_view rest = head_;
    rest.remove_prefix(rest.find('\n') + 1);
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        if (!read_field(line)) return fail(http_error::malformed);
        rest.remove_prefix(line.size() + 1);
    }
    begin_body();
}

bool http_answer::read_field(std::string_view line) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    const auto name = trim(line.substr(0, colon));
    if (colon == line.size() || name.empty()) return false;
    auto value = trim(line.substr(colon + 1));
    if (same_text(name, "Content-Length")) return read_length(value);
    if (same_text(name, "Transfer-Encoding")) return read_transfer_coding(value);
    while (same_text(name, "Connection") && !value.empty()) {
        const auto option = next_item(value);
        says_close_ |= same_text(option, "close");
        says_keep_alive_ |= same_text(option, "keep-alive");
    }
    return true;
}

/// The same number twice is a number (RFC 9110 §8.6).
bool http_answer::read_length(std::string_view value) {
    do {
        std::uint64_t length = 0;
        if (!to_number(next_item(value), 10, length)) return false;
        if (std::exchange(has_length_, true) && length != length_) return false;
        length_ = length;
    } while (!value.empty());
    return true;
}

/// Other codings than `chunked` were not asked for, and nothing may follow it. A line
/// that says it once more is one that a proxy has added.
bool http_answer::read_transfer_coding(std::string_view value) {
    if (chunked_ && same_text(value, "chunked")) return true;
    while (!value.empty()) {
        const auto coding = next_item(value);
        if (coding.empty() || same_text(coding, "identity")) continue;
        if (!same_text(coding, "chunked") || std::exchange(chunked_, true)) return false;
    }
    return true;
}

/// How long the body is: RFC 9112 §6.3.
void http_answer::begin_body() {
    if (status_ / 100 == 1 && status_ != 101) { // RFC 9110 §15.2: the answer comes later
        *this = http_answer{std::move(rules_)};
        started_ = true;
        return;
    }
    if (rules_.raw) error_ = rules_.raw(std::exchange(raw_head_, {}));
    keep_alive_ = !says_close_ && (minor_version_ >= 1 || says_keep_alive_);
    if (rules_.of_head || status_ == 101 || status_ == 204 || status_ == 304) {
        part_ = part::complete;
        keep_alive_ &= status_ != 101;
    } else if (chunked_) {
        part_ = part::chunk_size;
        keep_alive_ &= !has_length_ && minor_version_ >= 1; // one of them is not true
    } else if (has_length_) {
        part_ = length_ > 0 ? part::sized_body : part::complete;
        left_ = length_;
        if (length_ > rules_.max_body) fail(http_error::body_too_large);
    } else {
        part_ = part::endless_body;
        left_ = std::numeric_limits<std::uint64_t>::max();
        keep_alive_ = false;
    }
}

std::size_t http_answer::put_body(std::string_view bytes) {
    if (part_ == part::sized_body || part_ == part::endless_body || part_ == part::chunk)
        return put_piece(bytes);
    const std::size_t end = bytes.find('\n');
    const bool whole = end != std::string_view::npos;
    const std::size_t size = whole ? end + 1 : bytes.size();
    line_ += bytes.substr(0, size);
    received_ += size;
    if (part_ == part::trailers && received_ > rules_.max_header)
        fail(http_error::header_too_large);
    else if (part_ == part::chunk_end && line_[0] != '\n' &&
             !std::string_view{"\r\n"}.starts_with(line_))
        fail(http_error::malformed);
    else if (part_ == part::chunk_size && line_.size() > longest_chunk_line)
        fail(http_error::malformed);
    else if (whole)
        end_line();
    return size;
}

/// A line between the pieces of a chunked body (RFC 9112 §7.1).
void http_answer::end_line() {
    const auto line =
        std::string_view{line_}.substr(0, line_.find_last_not_of("\r\n") + 1);
    if (part_ == part::chunk_end) {
        part_ = part::chunk_size;
    } else if (part_ == part::trailers) {
        if (line.empty()) part_ = part::complete;
    } else {
        const auto number = line.substr(0, line.find_first_of("; \t"));
        if (!to_number(number, 16, left_)) return fail(http_error::malformed);
        part_ = left_ > 0 ? part::chunk : part::trailers;
        received_ = 0;
    }
    line_.clear();
}

std::size_t http_answer::put_piece(std::string_view bytes) {
    const std::size_t size = std::min<std::uint64_t>(bytes.size(), left_);
    if (size > rules_.max_body - body_size_) {
        fail(http_error::body_too_large);
        return size;
    }
    body_size_ += size;
    left_ -= size;
    if (left_ == 0) part_ = part_ == part::chunk ? part::chunk_end : part::complete;
    if (rules_.sink) error_ = rules_.sink(bytes.substr(0, size));
    return size;
}

std::string_view http_answer::header(std::string_view name) const noexcept {
    std::string_view fields = head_;
    while (const auto value = next_value(fields, name))
        if (!value->empty()) return *value;
    return {};
}

std::string http_answer::header_list(std::string_view name) const {
    std::string all;
    std::string_view fields = head_;
    while (const auto value = next_value(fields, name))
        all.append(all.empty() ? "" : ", ").append(*value);
    return all;
}

} // namespace ladder
