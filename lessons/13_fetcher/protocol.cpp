#include "protocol.hpp"

#include "tls.hpp"
#include "workbench/http_exchange.hpp"

#include <concepts>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <type_traits>

namespace ladder::fetcher {

namespace {

template <class T, class Message>
concept is = std::same_as<std::remove_const_t<T>, Message>;

void fields(auto& archive, is<next_request> auto& n);
void fields(auto& archive, is<random_answer> auto& a);

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

    void operator()(const auto&... values) { (put(values), ...); }

private:
    template <class T>
    requires std::is_arithmetic_v<T>

    void put(T value) {
        buffer_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }

    template <class Rep, class Period>
    void put(std::chrono::duration<Rep, Period> value) {
        put(std::int64_t{value.count()});
    }

    void put(const std::string& text) {
        put(static_cast<std::uint32_t>(text.size()));
        buffer_.append(text);
    }

    template <class T>
    void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) put(*value);
    }

    void put(const std::vector<std::uint64_t>& numbers) {
        put(static_cast<std::uint32_t>(numbers.size()));
        for (const std::uint64_t n : numbers)
            put(n);
    }

    void put(const next_request& next) { fields(*this, next); }

    void put(const random_answer& said) { fields(*this, said); }

    /// A category's address means nothing to another process.
    void put(const std::error_code& error) {
        const bool is_tls = error.category() == tls_category();
        put(std::uint8_t(is_tls ? 2 : error.category() == http_category() ? 1 : 0));
        put(std::int32_t{error.value()});
    }

    std::string& buffer_;
    std::size_t start_;
};

/// Takes a frame apart in the order in which it was written.
class reader {
public:
    explicit reader(std::string_view frame) : rest_(frame) {}

    void operator()(auto&... values) { (get(values), ...); }

private:
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

    template <class T>
    void get(std::optional<T>& value) {
        bool is_there = false;
        get(is_there);
        if (is_there) get(value.emplace());
    }

    void get(std::vector<std::uint64_t>& numbers) {
        std::uint32_t size = 0;
        get(size);
        for (; size > 0; --size)
            get(numbers.emplace_back());
    }

    void get(next_request& next) { fields(*this, next); }

    void get(random_answer& said) { fields(*this, said); }

    void get(std::error_code& error) {
        std::uint8_t category = 0;
        std::int32_t value = 0;
        get(category);
        get(value);
        error = {value, category == 2   ? tls_category()
                        : category == 1 ? http_category()
                                        : std::generic_category()};
    }

    std::string_view take(std::size_t size) {
        if (size > rest_.size()) throw std::runtime_error{"a frame is too short"};
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

    std::string_view rest_;
};

// What is in each message, in order: said once, for the end that writes it and for the
// end that reads it.

void fields(auto& archive, is<worker_settings> auto& s) {
    archive(s.number, s.supervisor, s.concurrency, s.timeout, s.connect_timeout,
            s.retries, s.max_bytes, s.user_agent, s.folder, s.parts, s.archive_folder,
            s.archive_told, s.archive_name);
    archive(s.deadline, s.least.bytes, s.least.window);
    auto& r = s.request;
    archive(r.method, r.headers, r.body, r.max_redirects, r.insecure_redirects,
            r.certificates, r.insecure, r.compressed);
    auto& w = s.route;
    archive(w.proxy, w.http_proxy, w.https_proxy, w.no_proxy, w.proxy_header,
            w.connect_to, w.resolve, w.only_ipv4, w.only_ipv6, w.interface, w.unix_socket,
            w.netrc);
    auto& m = s.match;
    archive(m.url_template, m.in_step, m.status, m.size, m.body, m.not_body, m.calibrate);
}

void fields(auto& archive, is<task> auto& t) {
    archive(t.id, t.url, t.at, t.so_far, t.robots, t.method, t.headers, t.data, t.words,
            t.random, t.learnt);
}

void fields(auto& archive, is<outcome> auto& o) {
    archive(o.id, o.status, o.bytes, o.error, o.disk_failed, o.given_back, o.attempts,
            o.elapsed, o.sha256, o.file, o.redirects, o.final_url, o.detail,
            o.retry_after, o.next, o.text, o.fiber, o.content_type);
    archive(o.judged, o.mismatch, o.offset);
    auto& t = o.times;
    archive(t.began, t.found, t.connected, t.secured, t.first_byte, t.ended);
}

void fields(auto& archive, is<next_request> auto& n) {
    archive(n.at, n.so_far, n.pause, n.same_again);
}

void fields(auto& archive, is<random_answer> auto& a) {
    archive(a.status, a.bytes, a.text);
}

void fields(auto& archive, is<journey> auto& j) {
    archive(j.method, j.credentials, j.with_body, j.with_secrets, j.seen, j.redirects,
            j.retries, j.retries_here, j.began);
}

void append(std::string& buffer, const auto& message) {
    writer frame{buffer};
    fields(frame, message);
}

template <class Message>
Message decode(std::string_view bytes) {
    Message message;
    reader frame{bytes};
    fields(frame, message);
    return message;
}

} // namespace

void append_greeting(std::string& buffer) {
    const writer empty{buffer};
}

void append_stop(std::string& buffer) {
    const writer empty{buffer};
}

void append_frame(std::string& buffer, const worker_settings& settings) {
    append(buffer, settings);
}

void append_frame(std::string& buffer, const task& what) {
    append(buffer, what);
}

void append_frame(std::string& buffer, const outcome& what) {
    append(buffer, what);
}

void append_frame(std::string& buffer, const journey& far) {
    append(buffer, far);
}

worker_settings decode_settings(std::string_view frame) {
    return decode<worker_settings>(frame);
}

task decode_task(std::string_view frame) {
    return decode<task>(frame);
}

outcome decode_outcome(std::string_view frame) {
    return decode<outcome>(frame);
}

journey decode_journey(std::string_view frame) {
    return decode<journey>(frame);
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
