#pragma once

// One client of the program slow_server, and what all of them share. Only that program
// includes this. Everything runs in its one thread.

#include "slow_server_counters.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ladder::server {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

/// Bound to the one io_context by type, which spares an indirect call per operation.
using client_socket =
    asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

class connection;

/// What the connections share. `counts` outlives `io`, whose end destroys handlers.
struct shared_state {
    counters counts;
    asio::io_context io{1};
    std::unordered_set<std::shared_ptr<connection>> open;
    std::map<std::string, std::vector<std::shared_ptr<connection>>> gates;
    /// Runs while accepting waits for a descriptor; cancelled when one becomes free.
    asio::steady_timer out_of_descriptors{io};
    std::string scratch; ///< For one answer that is put together and sent at once.
};

/// A request whose target is taken apart. The views live until the answer is complete.
struct request {
    std::string_view target;    ///< Path and query.
    std::string_view path = {}; ///< Without the first slash.
    std::string_view query = {};
    std::uint64_t number = 0; ///< The N of `/page/N`.
    std::uint64_t count = 0; ///< How often this target was asked for, this time included.

    /// The value of a parameter in the query; empty when it is not there.
    std::string_view parameter(std::string_view name) const {
        for (std::string_view rest = query; !rest.empty();) {
            const auto pair = rest.substr(0, rest.find('&'));
            rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
            if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
                return pair.substr(name.size() + 1);
        }
        return {};
    }
};

struct response {
    int status = 200;
    std::string_view type = "text/plain";
    std::string_view headers = {}; ///< More of them, each with its line end.
    std::string_view body = {};
};

/// Reads requests, hands each to `answer()` and waits for that to finish.
///
/// Reading never stops while there is room: that is how a client that gives up is noticed
/// while its answer waits for something else. Requests that arrive meanwhile stay in the
/// buffer.
class connection : public std::enable_shared_from_this<connection> {
public:
    connection(client_socket socket, shared_state& shared)
        : shared_(shared),
          socket_(std::move(socket)),
          timer_(shared.io) {}

    void start() {
        shared_.open.insert(shared_from_this());
        count_connection();
        error_code ignored;
        socket_.non_blocking(true, ignored);
        read();
    }

    shared_state& shared() noexcept { return shared_; }

    // What an answer is made of. It ends by exactly one of reply, finish, close, reset.

    /// Sends all of it, most often before this returns, and finishes.
    void reply(const response& r) {
        std::string& bytes = shared_.scratch;
        bytes.clear();
        const bool has_body = r.status != 204 && r.status != 304;
        write_head(bytes, r);
        if (has_body) {
            fmt::format_to(std::back_inserter(bytes), "Content-Length: {}\r\n\r\n",
                           r.body.size());
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

    /// Appends status line and headers, all but the one that frames the body.
    void write_head(std::string& bytes, const response& r) const {
        const auto reason = http::obsolete_reason(http::int_to_status(r.status));
        fmt::format_to(std::back_inserter(bytes),
                       "HTTP/1.1 {} {}\r\nContent-Type: {}\r\n{}{}", r.status,
                       std::string_view{reason.data(), reason.size()}, r.type, r.headers,
                       keep_alive_ ? "" : "Connection: close\r\n");
    }

    /// Calls `then` when the kernel has all of the bytes, never before this returns.
    template <class Then>
    void send(std::string bytes, Then then) {
        out_ = std::move(bytes);
        send_static(out_, std::move(then));
    }

    /// The same with bytes that stay where they are.
    template <class Then>
    void send_static(std::string_view bytes, Then then) {
        asio::async_write(
            socket_, asio::buffer(bytes),
            [self = shared_from_this(), then](const error_code& error, std::size_t) {
                if (self->state_ == state::closed) return;
                if (error) return self->close();
                then();
            });
    }

    template <class Then>
    void after(std::chrono::milliseconds delay, Then then) {
        timer_.expires_after(delay);
        timer_.async_wait([self = shared_from_this(), then](const error_code& error) {
            if (!error && self->state_ != state::closed) then();
        });
    }

    /// The answer is complete: on to the next request, or to the end.
    void finish() {
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

    void end_after_this_answer() noexcept { keep_alive_ = false; }

    void finish_and_end() {
        end_after_this_answer();
        finish();
    }

    void close() {
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

    /// Closes with a RST, whatever is still to be sent.
    void reset() {
        error_code ignored;
        socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
        close();
    }

    void wait_at_gate(const std::string& name, std::uint64_t places) {
        auto& waiting = shared_.gates[name];
        waiting.push_back(shared_from_this());
        is_at_gate_ = true;
        if (waiting.size() < places) return;
        const auto together = std::move(waiting);
        shared_.gates.erase(name);
        for (const auto& one : together)
            one->is_at_gate_ = false;
        for (const auto& one : together)
            one->reply({.body = fmt::format("{} met\n", places)});
    }

private:
    enum class state { idle, answering, lingering, closed };
    static constexpr std::size_t buffer_size = 8'192;

    void read() {
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

    void received(const error_code& error, std::size_t size) {
        is_reading_ = false;
        if (error) return close();
        if (state_ != state::lingering) end_ += size;
        if (state_ == state::idle) answer_requests();
        read();
    }

    /// As many as are here and can be answered at once.
    void answer_requests() {
        is_in_loop_ = true;
        while (state_ == state::idle && parse()) {
            state_ = state::answering;
            answer_request();
        }
        is_in_loop_ = false;
    }

    bool parse() {
        if (!parser_) parser_.emplace().eager(true);
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

    void answer_request() {
        const auto& message = parser_->get();
        const auto target = message.target();
        keep_alive_ = message.keep_alive() && message.version() == 11;
        request r{.target = {target.data(), target.size()}};
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
        if (message.method() != http::verb::get) {
            keep_alive_ = false;
            return reply({.status = 405, .headers = "Allow: GET\r\n"});
        }
        answer(r);
    }

    /// Finds the target and starts its answer: slow_server_targets.hpp.
    void answer(request& r);

    void end_of_answer() {
        if (std::exchange(is_in_flight_, false)) --shared_.counts.in_flight;
    }

    // A connection is counted when it is accepted, and not any more when the first thing
    // that it asks for is /stats.
    void count_connection() {
        if (is_counted_) return;
        is_counted_ = true;
        counted_at_ = shared_.counts.resets;
        ++shared_.counts.connections;
        ++shared_.counts.open_connections;
    }

    void uncount_connection() {
        if (has_asked_ || !is_counted_) return;
        is_counted_ = false;
        if (counted_at_ == shared_.counts.resets) --shared_.counts.connections;
        --shared_.counts.open_connections;
    }

    shared_state& shared_;
    client_socket socket_;
    asio::steady_timer timer_;

    state state_ = state::idle;
    bool is_reading_ = false;
    bool is_in_loop_ = false;
    bool keep_alive_ = true;
    bool is_in_flight_ = false;
    bool is_at_gate_ = false;
    bool is_counted_ = false;
    bool has_asked_ = false; ///< For something else than /stats.
    std::uint64_t counted_at_ = 0;

    std::optional<http::request_parser<http::string_body>> parser_;
    std::string out_;
    std::size_t begin_ = 0; ///< Received and not yet parsed: [begin_, end_) of in_.
    std::size_t end_ = 0;
    std::array<char, buffer_size> in_; ///< Not set to zero: most of it is never touched.
};

} // namespace ladder::server
