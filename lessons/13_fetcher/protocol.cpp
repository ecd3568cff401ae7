#include "protocol.hpp"

#include "http_exchange.hpp"

#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace ladder::fetcher {

namespace {

/// Appends a frame; its length is filled in at the end.
class writer {
public:
    explicit writer(std::string& buffer) : buffer_(buffer), start_(buffer.size()) {
        put(std::uint32_t{0});
    }

    ~writer() {
        const auto size =
            static_cast<std::uint32_t>(buffer_.size() - start_ - sizeof(std::uint32_t));
        std::memcpy(&buffer_[start_], &size, sizeof size);
    }

    writer(const writer&) = delete;
    writer& operator=(const writer&) = delete;

    template <class T>
    requires std::is_arithmetic_v<T>

    void put(T value) {
        buffer_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }

    template <class Rep, class Period>
    void put(std::chrono::duration<Rep, Period> value) {
        put(std::int64_t{value.count()});
    }

    void put(std::string_view text) {
        put(static_cast<std::uint32_t>(text.size()));
        buffer_.append(text);
    }

private:
    std::string& buffer_;
    std::size_t start_;
};

/// Takes a frame apart in the order in which it was written.
class reader {
public:
    explicit reader(std::string_view frame) : rest_(frame) {}

    template <class T>
    requires std::is_arithmetic_v<T>

    void get(T& value) { std::memcpy(&value, take(sizeof value).data(), sizeof value); }

    template <class Rep, class Period>
    void get(std::chrono::duration<Rep, Period>& value) {
        std::int64_t count = 0;
        get(count);
        value = std::chrono::duration<Rep, Period>{count};
    }

    void get(std::string& text) {
        std::uint32_t size = 0;
        get(size);
        text = take(size);
    }

private:
    std::string_view take(std::size_t size) {
        if (size > rest_.size()) throw std::runtime_error{"a frame is too short"};
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

    std::string_view rest_;
};

} // namespace

void append_greeting(std::string& buffer) {
    const writer empty{buffer};
}

void append_frame(std::string& buffer, const worker_settings& settings) {
    writer frame{buffer};
    frame.put(settings.number);
    frame.put(settings.supervisor);
    frame.put(settings.concurrency);
    frame.put(settings.timeout);
    frame.put(settings.connect_timeout);
    frame.put(settings.retries);
    frame.put(settings.max_bytes);
    frame.put(settings.user_agent);
    frame.put(settings.folder);
}

worker_settings decode_settings(std::string_view bytes) {
    worker_settings settings;
    reader frame{bytes};
    frame.get(settings.number);
    frame.get(settings.supervisor);
    frame.get(settings.concurrency);
    frame.get(settings.timeout);
    frame.get(settings.connect_timeout);
    frame.get(settings.retries);
    frame.get(settings.max_bytes);
    frame.get(settings.user_agent);
    frame.get(settings.folder);
    return settings;
}

void append_frame(std::string& buffer, const task& t) {
    writer frame{buffer};
    frame.put(t.id);
    frame.put(t.url);
}

task decode_task(std::string_view bytes) {
    task t;
    reader frame{bytes};
    frame.get(t.id);
    frame.get(t.url);
    return t;
}

void append_frame(std::string& buffer, const outcome& o) {
    writer frame{buffer};
    frame.put(o.id);
    frame.put(o.status);
    frame.put(o.bytes);
    frame.put(o.error.category() == make_error_code(http_error{}).category());
    frame.put(std::int32_t{o.error.value()});
    frame.put(o.disk_failed);
    frame.put(o.attempts);
    frame.put(o.elapsed);
    frame.put(o.sha256);
    frame.put(o.file);
}

outcome decode_outcome(std::string_view bytes) {
    outcome o;
    bool is_http = false;
    std::int32_t error = 0;
    reader frame{bytes};
    frame.get(o.id);
    frame.get(o.status);
    frame.get(o.bytes);
    frame.get(is_http);
    frame.get(error);
    frame.get(o.disk_failed);
    frame.get(o.attempts);
    frame.get(o.elapsed);
    frame.get(o.sha256);
    frame.get(o.file);
    if (is_http)
        o.error = static_cast<http_error>(error);
    else
        o.error = {error, std::generic_category()};
    return o;
}

std::optional<std::string_view> frame_reader::next() {
    std::uint32_t size = 0;
    const std::string_view rest = std::string_view{buffer_}.substr(read_);
    if (rest.size() < sizeof size) return {};
    std::memcpy(&size, rest.data(), sizeof size);
    if (size > limit) throw std::runtime_error{"a frame is too long"};
    if (rest.size() - sizeof size < size) return {};
    read_ += sizeof size + size;
    return rest.substr(sizeof size, size);
}

void frame_reader::discard_read() {
    buffer_.erase(0, read_);
    read_ = 0;
}

} // namespace ladder::fetcher
