#include "connection.hpp"

#include "targets.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <utility>

namespace ladder::server {

namespace http = boost::beast::http;

connection::connection(client_socket socket, shared_state& shared)
    : shared_(shared),
      socket_(std::move(socket)),
      timer_(shared.io) {}

void connection::start() {
    shared_.open.insert(shared_from_this());
    count_connection();
    error_code ignored;
    socket_.non_blocking(true, ignored);
    read();
}

void connection::reply(const response& r) {
    std::string& bytes = shared_.scratch;
    bytes.clear();
    const bool has_body = r.status != 204 && r.status != 304;
    write_head(bytes, r);
    if (has_body) {
        bytes += "Content-Length: " + std::to_string(r.body.size()) + "\r\n\r\n";
        bytes += r.body;
    } else {
        bytes += "\r\n";
    }
    error_code error;
    const std::size_t size = socket_.write_some(asio::buffer(bytes), error);
    if (error && error != asio::error::would_block) return close();
    if (size == bytes.size()) return finish();
    send(bytes.substr(size), [this] { finish(); });
}

void connection::write_head(std::string& bytes, const response& r) const {
    const auto reason = http::obsolete_reason(http::int_to_status(r.status));
    bytes += "HTTP/1.1 " + std::to_string(r.status) + ' ';
    bytes.append(reason.data(), reason.size());
    bytes.append("\r\nContent-Type: ").append(r.type).append("\r\n").append(r.headers);
    if (!keep_alive_) bytes += "Connection: close\r\n";
}

void connection::send(std::string bytes, step then) {
    out_ = std::move(bytes);
    send_static(out_, std::move(then));
}

void connection::send_static(std::string_view bytes, step then) {
    unsent_ = bytes;
    when_sent_ = std::move(then);
    write_rest();
}

// Every operation has one kind of handler, made here: the compiler pays for each.
void connection::write_rest() {
    socket_.async_write_some(
        asio::buffer(unsent_),
        [self = shared_from_this()](const error_code& error, std::size_t size) {
            if (self->state_ == state::closed) return;
            if (error) return self->close();
            self->unsent_.remove_prefix(size);
            if (!self->unsent_.empty()) return self->write_rest();
            std::exchange(self->when_sent_, {})();
        });
}

void connection::after(std::chrono::milliseconds delay, step then) {
    timer_.expires_after(delay);
    timer_.async_wait(
        [self = shared_from_this(), then = std::move(then)](const error_code& error) {
            if (!error && self->state_ != state::closed) then();
        });
}

void connection::finish() {
    end_of_answer();
    out_ = {};
    if (keep_alive_) {
        state_ = state::idle;
        parser_.reset();
    } else {
        // To close with unread bytes would reset the connection, and the client might
        // never see the answer (RFC 9112 §9.6): so the client gets to close first.
        state_ = state::lingering;
        error_code ignored;
        socket_.shutdown(asio::socket_base::shutdown_send, ignored);
        after(std::chrono::seconds{1}, [this] { close(); });
        begin_ = end_;
    }
    if (is_in_loop_) return;
    answer_requests();
    read();
}

void connection::close() {
    if (state_ == state::closed) return;
    const auto self = shared_from_this();
    end_of_answer();
    state_ = state::closed;
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    if (is_counted_) --shared_.counts.open_connections;
    if (is_at_gate_)
        for (auto& [name, waiting] : shared_.gates)
            std::erase(waiting, self);
    shared_.open.erase(self);
    shared_.out_of_descriptors.cancel();
}

void connection::reset() {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
    close();
}

void connection::wait_at_gate(const std::string& name, std::uint64_t places) {
    auto& waiting = shared_.gates[name];
    waiting.push_back(shared_from_this());
    is_at_gate_ = true;
    if (waiting.size() < places) return;
    const auto together = std::move(waiting);
    shared_.gates.erase(name);
    for (const auto& one : together)
        one->is_at_gate_ = false;
    for (const auto& one : together)
        one->reply({.body = std::to_string(places) + " met\n"});
}

void connection::read() {
    if (is_reading_ || state_ == state::closed) return;
    if (begin_ > 0) {
        std::copy(&in_[begin_], &in_[end_], in_.data());
        end_ -= std::exchange(begin_, 0);
    }
    if (end_ == buffer_size) return; // until some of the requests are answered
    is_reading_ = true;
    socket_.async_read_some(
        asio::buffer(&in_[end_], buffer_size - end_),
        [self = shared_from_this()](const error_code& error, std::size_t size) {
            self->received(error, size);
        });
}

void connection::received(const error_code& error, std::size_t size) {
    is_reading_ = false;
    if (error) return close();
    if (state_ != state::lingering) end_ += size;
    if (state_ == state::idle) answer_requests();
    read();
}

/// As many as are here and can be answered at once.
void connection::answer_requests() {
    is_in_loop_ = true;
    while (state_ == state::idle && parse()) {
        state_ = state::answering;
        answer_request();
    }
    is_in_loop_ = false;
}

bool connection::parse() {
    if (!parser_) parser_.emplace();
    error_code error;
    while (begin_ != end_ && !error && !parser_->is_done())
        begin_ += parser_->put(asio::buffer(&in_[begin_], end_ - begin_), error);
    if (parser_->is_done() && !error) return true;
    const bool is_stuck = begin_ == 0 && end_ == buffer_size;
    if (is_stuck || (error && error != http::error::need_more)) {
        state_ = state::answering;
        keep_alive_ = false;
        const bool is_too_large = is_stuck || error == http::error::header_limit;
        reply({.status = is_too_large ? 431 : 400, .body = "not a valid request\n"});
    }
    return false;
}

void connection::answer_request() {
    keep_alive_ = parser_->keep_alive() && parser_->is_http11();
    request r{.target = parser_->target()};
    r.path = r.target.substr(0, r.target.find('?'));
    r.query = r.target.substr(std::min(r.target.size(), r.path.size() + 1));
    if (r.path.starts_with('/')) r.path.remove_prefix(1);

    if (r.path == "stats" || r.path.starts_with("stats/")) {
        uncount_connection();
    } else {
        count_connection();
        has_asked_ = true;
        r.count = shared_.counts.begin(r.target);
        is_in_flight_ = true;
    }
    if (!parser_->is_get()) {
        keep_alive_ = false;
        return reply({.status = 405, .headers = "Allow: GET\r\n"});
    }
    answer(*this, r);
}

void connection::end_of_answer() {
    if (std::exchange(is_in_flight_, false)) --shared_.counts.in_flight;
}

// A connection is counted when it is accepted, and not any more when the first thing
// that it asks for is /stats.
void connection::count_connection() {
    if (is_counted_) return;
    is_counted_ = true;
    counted_at_ = shared_.counts.resets;
    ++shared_.counts.connections;
    ++shared_.counts.open_connections;
}

void connection::uncount_connection() {
    if (has_asked_ || !is_counted_) return;
    is_counted_ = false;
    if (counted_at_ == shared_.counts.resets) --shared_.counts.connections;
    --shared_.counts.open_connections;
}

} // namespace ladder::server
