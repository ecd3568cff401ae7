#include "connection.hpp"

#include "fibers_on_asio/yield.hpp"
#include "workbench/quiet_socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <utility>

namespace ladder::fetcher {

namespace asio = boost::asio;
using boost::system::error_code;
using fibers_on_asio::yield;

std::error_code connection::carry(http_exchange& exchange, time_point deadline,
                                  const minimum_speed& least) {
    first_byte_ = {};
    speed_watch speed{least};
    if (!tls_) return carry_in_the_clear(exchange, deadline, speed);
    tls_->write(exchange.to_send());
    std::error_code e;
    for (bool ended = false; !e && !exchange.done();) {
        std::size_t size = 0;
        switch (tls_->read(exchange.room(), size)) {
        case tls_session::progress::done:
            exchange.received(size);
            break;
        case tls_session::progress::ended:
            exchange.received(0);
            break;
        case tls_session::progress::failed:
            return tls_->error();
        case tls_session::progress::needs_bytes:
            // An end that the other side has not announced may be anybody's doing.
            if (ended) return http_error::truncated;
            // Also what TLS has to say itself, such as an answer to a renegotiation.
            if (tls_session& last = to_wire();
                !last.to_send().empty() && !exchange.started()) {
                e = send_until_answered(last, deadline);
                if (last.to_send().empty()) exchange.sent(exchange.to_send().size());
            }
            if (!e) e = receive_secured(deadline, ended, &speed);
        }
    }
    return e;
}

/// After each read, or the time at which the speed was to be looked at. A read that ended
/// because of that alone is no error.
std::error_code connection::came(std::size_t size, time_point deadline,
                                 speed_watch& speed, error_code e) {
    const time_point now = std::chrono::steady_clock::now();
    if (size > 0 && first_byte_ == time_point{}) first_byte_ = now;
    if (speed.too_slow(size, now)) return http_error::too_slow;
    if (e == boost::system::errc::timed_out && now < deadline) return {};
    return e;
}

/// Sends until all is sent, or something comes in: a server may answer before it has read
/// all, and read no more (RFC 9112 §9.5). A connection that is gone may have brought an
/// answer, too: whoever reads will see.
template <class Sender>
std::error_code connection::send_until_answered(Sender& from, time_point deadline) {
    error_code e;
    const auto gone = [&] {
        return e == asio::error::broken_pipe || e == asio::error::connection_reset;
    };
    // A request nearly always fits into the socket's buffer: nothing to wait for.
    from.sent(socket_.write_some(asio::buffer(from.to_send()), e));
    if (e == asio::error::would_block) e = {};
    if (e || from.to_send().empty()) return gone() ? error_code{} : e;

    struct watch {
        bool answered = false, over = false;
    };

    const auto w = std::make_shared<watch>();
    socket_.async_wait(stream::wait_read, [this, w](const error_code& error) {
        if (error || w->over) return; // and there may be no connection any more
        w->answered = true;
        error_code ignored;
        socket_.cancel(ignored);
    });
    while (!e && !w->answered && !from.to_send().empty())
        from.sent(socket_.async_write_some(asio::buffer(from.to_send()),
                                           yield.until(deadline)[e]));
    w->over = true;
    error_code ignored;
    socket_.cancel(ignored);
    return w->answered || gone() ? error_code{} : e;
}

std::error_code connection::carry_in_the_clear(http_exchange& exchange,
                                               time_point deadline, speed_watch& speed) {
    if (const auto unsent = send_until_answered(exchange, deadline)) return unsent;
    while (!exchange.done()) {
        error_code e;
        const auto room = exchange.room();
        const std::size_t size =
            socket_.async_read_some(asio::buffer(room.data(), room.size()),
                                    yield.until(speed.look_at(deadline))[e]);
        const bool received = !e || e == asio::error::eof; // then size is 0
        if (received) e = {};
        if (const auto wrong = came(size, deadline, speed, e)) return wrong;
        if (received) exchange.received(size);
    }
    return {};
}

std::error_code connection::secure(tls_context& context, const http_url& url,
                                   time_point deadline, std::string& detail) {
    outer_ = std::exchange(tls_, std::make_unique<tls_session>(context, url));
    std::error_code e;
    for (bool ended = false; !e;) {
        const auto progress = tls_->handshake();
        e = send_secured(deadline); // also what is wrong: the other side may want to know
        if (progress == tls_session::progress::done || e) break;
        if (progress != tls_session::progress::needs_bytes) {
            detail = tls_->detail();
            return tls_->error();
        }
        if (ended) return std::make_error_code(std::errc::connection_reset);
        e = receive_secured(deadline, ended);
    }
    return e;
}

/// Whose bytes go out, with all that is to be sent.
tls_session& connection::to_wire() {
    if (!outer_) return *tls_;
    outer_->write(tls_->to_send());
    tls_->sent(tls_->to_send().size());
    return *outer_;
}

std::error_code connection::send_secured(time_point deadline) {
    tls_session& last = to_wire();
    error_code e;
    while (!e && !last.to_send().empty()) {
        last.sent(socket_.write_some(asio::buffer(last.to_send()), e));
        if (e != asio::error::would_block) continue;
        last.sent(socket_.async_write_some(asio::buffer(last.to_send()),
                                           yield.until(deadline)[e]));
    }
    return e;
}

/// What came in goes to the one session, or through the outer one to the inner one.
std::error_code connection::take_secured(std::string_view bytes, bool& ended) {
    if (!outer_) {
        tls_->received(bytes);
        return {};
    }
    outer_->received(bytes);
    std::array<char, 4096> inner;
    for (std::size_t size = 0;;) {
        switch (outer_->read(inner, size)) {
        case tls_session::progress::done:
            tls_->received({inner.data(), size});
            break;
        case tls_session::progress::ended:
            ended = true;
            return {};
        case tls_session::progress::failed:
            return outer_->error();
        case tls_session::progress::needs_bytes:
            return {};
        }
    }
}

std::error_code connection::receive_secured(time_point deadline, bool& ended,
                                            speed_watch* speed) {
    std::array<char, 16 << 10> bytes;
    error_code e;
    const time_point until = speed != nullptr ? speed->look_at(deadline) : deadline;
    const std::size_t size =
        socket_.async_read_some(asio::buffer(bytes), yield.until(until)[e]);
    ended = e == asio::error::eof;
    if (ended) e = {};
    if (const auto wrong = take_secured({bytes.data(), size}, ended)) return wrong;
    return speed != nullptr ? came(size, deadline, *speed, e) : std::error_code{e};
}

std::error_code connection::send(std::string_view bytes, time_point deadline) {
    error_code e;
    asio::async_write(socket_, asio::buffer(bytes), yield.until(deadline)[e]);
    return e;
}

std::error_code connection::receive(std::string& bytes, std::size_t size,
                                    time_point deadline) {
    bytes.resize(size);
    error_code e;
    asio::async_read(socket_, asio::buffer(bytes), yield.until(deadline)[e]);
    return e == asio::error::eof ? std::make_error_code(std::errc::connection_reset)
                                 : std::error_code{e};
}

bool connection::is_quiet() {
    if (!tls_) return ladder::is_quiet(socket_.native_handle());
    // The other side may have sent what belongs to TLS alone, such as a session to come
    // back with. That is taken; what is left is not quiet.
    std::array<char, 4096> bytes;
    error_code e;
    while (!e && tls_->is_quiet()) {
        const std::size_t size = socket_.read_some(asio::buffer(bytes), e);
        bool ended = false;
        if (take_secured({bytes.data(), size}, ended) || ended) return false;
    }
    return e == asio::error::would_block;
}

} // namespace ladder::fetcher
