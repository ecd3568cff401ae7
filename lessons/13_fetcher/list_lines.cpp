#include "list_lines.hpp"

#include "file_blocks.hpp"
#include "processes/unique_fd.hpp"
#include "workbench/last_error.hpp"
#include "workbench/text.hpp"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace {

constexpr std::string_view blanks = " \t\r\v\f";

std::string_view clean(std::string_view line) {
    for (;;) {
        line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
        if (!line.starts_with(byte_order_mark)) break;
        line.remove_prefix(byte_order_mark.size());
    }
    line = line.substr(0, line.find_last_not_of(blanks) + 1); // npos + 1 is 0
    return line.starts_with('#') ? std::string_view{} : line;
}

} // namespace

void list_lines::append(std::string_view block) {
    buffer_.erase(0, std::exchange(line_start_, 0));
    buffer_.resize(std::min(buffer_.size(), longest_line));
    searched_ = buffer_.size();
    buffer_ += block;
}

std::optional<std::string_view> list_lines::next() {
    while (line_start_ < buffer_.size()) {
        std::size_t end = buffer_.find('\n', searched_);
        if (end == std::string::npos && !ended_) break;
        end = std::min(end, buffer_.size());
        const auto line =
            clean(std::string_view{buffer_}.substr(line_start_, end - line_start_));
        ++number_;
        line_start_ = searched_ = std::min(end + 1, buffer_.size());
        if (!line.empty()) return line;
    }
    return {};
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
