#include "list_lines.hpp"

#include "file_blocks.hpp"
#include "processes/unique_fd.hpp"
#include "workbench/last_error.hpp"
#include "workbench/text.hpp"

#include <boost/nowide/utf/convert.hpp> // of headers only

#include <algorithm>
#include <array>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace {

/// How many bytes of the front are a blank, or what a spreadsheet, a page or a message
/// leaves there unseen: up to U+0020, and the blanks and marks of Unicode.
std::size_t blank_size(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.empty() ? 'x' : text[0]);
    if (first <= ' ') return 1;
    if (first < 0x80) return 0;
    static constexpr std::array<std::string_view, 10> unseen{
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9",
        "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe2\x81\xa0", "\xe3\x80\x80", byte_order_mark};
    for (const std::string_view one : unseen)
        if (text.starts_with(one)) return one.size();
    constexpr std::string_view many = "\xe2\x80"; // U+2000 to U+200F
    const bool is_one = text.starts_with(many) && text.size() > 2 &&
                        static_cast<unsigned char>(text[2]) >= 0x80 &&
                        static_cast<unsigned char>(text[2]) <= 0x8f;
    return is_one ? 3 : 0;
}

std::size_t blank_size_at_end(std::string_view text) {
    for (const std::size_t size : {1, 2, 3})
        if (size <= text.size() && blank_size(text.substr(text.size() - size)) == size)
            return size;
    return 0;
}

std::string_view clean(std::string_view line) {
    line = without_blanks(line);
    return line.starts_with('#') ? std::string_view{} : line;
}

} // namespace

std::string_view without_blanks(std::string_view text) {
    while (const std::size_t size = blank_size(text))
        text.remove_prefix(size);
    while (const std::size_t size = blank_size_at_end(text))
        text.remove_suffix(size);
    return text;
}

std::string_view without_comment(std::string_view line) {
    for (std::size_t i = 0; (i = line.find('#', i + 1)) != line.npos;)
        if (line[i - 1] == ' ' || line[i - 1] == '\t')
            return without_blanks(line.substr(0, i));
    return line;
}

void list_lines::append(std::string_view block) {
    buffer_.erase(0, std::exchange(line_start_, 0));
    // Of two bytes that belong together, none is left alone.
    const std::size_t odd = is_wide() ? buffer_.size() % 2 : 0;
    if (buffer_.size() > longest_line) {
        if (odd != 0) buffer_[longest_line] = buffer_.back();
        buffer_.resize(longest_line + odd);
    }
    searched_ = buffer_.size() - odd;
    buffer_ += block;
    appended_ += block.size();
}

std::optional<std::string_view> list_lines::next() {
    while (line_start_ < buffer_.size()) {
        look_for_mark();
        const std::size_t end = is_wide() ? wide_end() : narrow_end();
        if (end == std::string::npos && !ended_) break;
        auto line = std::string_view{buffer_}.substr(0, end).substr(line_start_);
        const std::size_t width = is_wide() ? 2 : 1;
        const bool by_cr = end < buffer_.size() && unit_at(end) == '\r';
        line_start_ = searched_ = std::min(end, buffer_.size() - width) + width;
        whole_bytes_ = appended_ - (buffer_.size() - line_start_);
        // The LF of CR LF ends nothing more.
        if (std::exchange(after_cr_, by_cr) && line.empty() && !by_cr &&
            end < buffer_.size())
            continue;
        if (is_wide()) line = narrowed_ = narrowed(line);
        ++number_;
        if (line = clean(line); !line.empty()) return line;
    }
    return {};
}

/// Some programs write two bytes for each character, and two before the first one that
/// say in which order. No line of UTF-8 begins so.
void list_lines::look_for_mark() {
    const auto rest = std::string_view{buffer_}.substr(line_start_);
    if (is_wide() || rest.size() < 2) return;
    if (rest.starts_with("\xff\xfe")) order_ = order::low_first;
    if (rest.starts_with("\xfe\xff")) order_ = order::high_first;
    if (is_wide()) line_start_ = searched_ = line_start_ + 2;
}

std::size_t list_lines::narrow_end() const {
    const auto rest = std::string_view{buffer_}.substr(searched_);
    const std::size_t lf = rest.find('\n');
    const std::size_t end = std::min(lf, rest.substr(0, lf).find('\r'));
    return end == rest.npos ? end : searched_ + end;
}

std::size_t list_lines::wide_end() const {
    for (std::size_t i = searched_; i + 1 < buffer_.size(); i += 2)
        if (const char16_t unit = unit_at(i); unit == '\n' || unit == '\r') return i;
    return std::string::npos;
}

char16_t list_lines::unit_at(std::size_t i) const {
    const auto byte = [&](std::size_t at) {
        return static_cast<unsigned char>(at < buffer_.size() ? buffer_[at] : 0);
    };
    if (!is_wide()) return byte(i);
    const bool low = order_ == order::low_first;
    return static_cast<char16_t>(byte(low ? i + 1 : i) << 8 | byte(low ? i : i + 1));
}

/// The line in UTF-8.
std::string list_lines::narrowed(std::string_view line) const {
    const auto begin = static_cast<std::size_t>(line.data() - buffer_.data());
    std::u16string wide;
    for (std::size_t i = begin; i + 1 < begin + line.size(); i += 2)
        wide += unit_at(i);
    return boost::nowide::utf::convert_string<char>(wide.data(),
                                                    wide.data() + wide.size());
}

void for_each_entry(const std::string& file,
                    const std::function<void(std::uint64_t, std::string_view)>& take) {
    const processes::unique_fd in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!in) throw last_error(file);
    list_lines lines;
    const auto take_lines = [&] {
        while (const auto entry = lines.next())
            take(lines.number(), *entry);
    };
    for_each_block(in.get(), file, [&](std::string_view block) {
        lines.append(block);
        take_lines();
    });
    lines.end();
    take_lines();
}

} // namespace ladder::fetcher
