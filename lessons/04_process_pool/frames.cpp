#include "frames.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace ladder::process_pool {

namespace {

constexpr std::size_t usual_room = 65'536;

} // namespace

std::optional<frame_header> frame_reader::header() const {
    frame_header result;
    if (end_ - begin_ < sizeof result) return {};
    std::memcpy(&result, buffer_.data() + begin_, sizeof result);
    if (result.kind < frame_kind::task || result.kind > frame_kind::failed)
        throw std::runtime_error{"what was received is no frame"};
    return result;
}

std::span<char> frame_reader::room() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    std::size_t wanted = end_ + usual_room;
    if (const auto begun = header())
        wanted = std::max<std::size_t>(wanted, sizeof(frame_header) + begun->size);
    if (buffer_.size() < wanted)
        buffer_.resize(wanted);
    else if (buffer_.size() > worth_keeping && wanted == usual_room)
        std::string(usual_room, '\0').swap(buffer_);
    return {buffer_.data() + end_, buffer_.size() - end_};
}

bool frame_reader::has_next() const {
    const auto next = header();
    return next && end_ - begin_ - sizeof(frame_header) >= next->size;
}

std::optional<frame> frame_reader::next() {
    if (!has_next()) return {};
    const auto found = header();
    const char* bytes = buffer_.data() + begin_ + sizeof(frame_header);
    begin_ += sizeof(frame_header) + found->size;
    return frame{found->kind, found->task, {bytes, found->size}};
}

} // namespace ladder::process_pool
