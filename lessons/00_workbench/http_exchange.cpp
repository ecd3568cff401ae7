#include "http_exchange.hpp"

#include "http_answer.hpp"
#include "text.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace ladder {

namespace {

constexpr std::size_t room_size = 16'384; // bytes for one read

bool is_named(std::string_view line, std::string_view name) {
    return line.size() > name.size() && line[name.size()] == ':' &&
           same_text(line.substr(0, name.size()), name);
}

bool has_value(std::string_view line) {
    return line.find_first_not_of(" \t\r\n", line.find(':') + 1) !=
           std::string_view::npos;
}

/// Says where the request ends. What is not true of it would make one request of two, on
/// a connection that is kept; so nobody else may say it.
bool ends_request(std::string_view line) {
    return is_named(line, "Content-Length") || is_named(line, "Transfer-Encoding");
}

std::string request_text(const http_url& url, const http_options& o) {
    std::string text;
    text.reserve(200 + url.target.size() + o.headers.size() + o.body.size());
    text.append(o.method).append(" ").append(url.target).append(" HTTP/1.1\r\n");
    const auto add = [&](std::string_view name, std::string_view value) {
        for (std::string_view given = o.headers; !given.empty();)
            if (is_named(next_line(given), name)) return;
        if (!value.empty()) text.append(name).append(": ").append(value).append("\r\n");
    };
    add("Host", url.authority());
    add("User-Agent", o.user_agent);
    add("Accept", "*/*");
    if (!url.credentials.empty()) // RFC 7617
        add("Authorization", "Basic " + base64(url.credentials));
    const bool has_meaning =
        o.method == "POST" || o.method == "PUT" || o.method == "PATCH";
    if (!o.body.empty() || has_meaning) // RFC 9110 §8.6: also when there is none
        text.append("Content-Length: ").append(std::to_string(o.body.size())) += "\r\n";
    if (!o.body.empty()) add("Content-Type", "application/x-www-form-urlencoded");
    for (std::string_view given = o.headers; !given.empty();)
        if (const auto line = next_line(given); has_value(line) && !ends_request(line))
            text += line;
    return text.append("\r\n").append(o.body);
}

} // namespace

struct http_exchange::state {
    std::string request{};
    std::size_t request_sent = 0;
    std::unique_ptr<char[]> buffer{};
    std::string body{};
    std::optional<http_answer> answer{};
    bool too_much = false; ///< Something came behind the answer.
};

http_exchange::http_exchange(const http_url& url, http_options options)
    : state_(std::make_unique<state>()) {
    if (options.user_agent.find_first_of("\r\n") != std::string_view::npos)
        throw std::invalid_argument("a User-Agent must be one line");
    if (!options.sink)
        options.sink = [s = state_.get()](std::string_view piece) {
            s->body += piece;
            return std::error_code{};
        };
    state_->answer.emplace(http_answer::rules{.max_header = header_limit,
                                              .max_body = options.max_body,
                                              .of_head = options.method == "HEAD" ||
                                                         options.method == "CONNECT",
                                              .sink = std::move(options.sink),
                                              .raw = std::move(options.raw)});
    state_->request = request_text(url, options);
}

http_exchange::~http_exchange() = default;
http_exchange::http_exchange(http_exchange&&) noexcept = default;
http_exchange& http_exchange::operator=(http_exchange&&) noexcept = default;

std::string_view http_exchange::to_send() const noexcept {
    return std::string_view{state_->request}.substr(state_->request_sent);
}

void http_exchange::sent(std::size_t size) noexcept {
    state_->request_sent = std::min(state_->request_sent + size, state_->request.size());
}

std::span<char> http_exchange::room() {
    auto& s = *state_;
    if (!s.buffer) s.buffer = std::make_unique_for_overwrite<char[]>(room_size);
    return {s.buffer.get(), room_size};
}

void http_exchange::received(std::size_t size) {
    auto& s = *state_;
    if (done()) return;
    if (size == 0) return s.answer->put_end();
    s.too_much = s.answer->put({s.buffer.get(), size}) < size;
}

bool http_exchange::done() const noexcept {
    return state_->answer->complete() || state_->answer->error();
}

std::error_code http_exchange::error() const noexcept {
    return state_->answer->error();
}

bool http_exchange::started() const noexcept {
    return state_->answer->started();
}

bool http_exchange::keep_alive() const noexcept {
    return state_->answer->keep_alive() && !error() && !state_->too_much;
}

int http_exchange::status() const noexcept {
    return state_->answer->status();
}

std::string_view http_exchange::header(std::string_view name) const {
    return state_->answer->header(name);
}

std::string http_exchange::header_list(std::string_view name) const {
    return state_->answer->header_list(name);
}

std::uint64_t http_exchange::body_size() const noexcept {
    return state_->answer->body_size();
}

std::string http_exchange::take_body() {
    return std::move(state_->body);
}

} // namespace ladder
