// fetch_all with callbacks. Compare it with rung 09: the same steps, and Asio in place of
// the loop. Compare it with asio.cpp: the same loop, and functions in place of co_await.

#include "asio_callbacks.hpp"

#include "workbench/http_exchange.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/quiet_socket.hpp"
#include "workbench/timeline.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace ladder::asio_callbacks {

namespace net = boost::asio;

namespace {

using boost::system::error_code;
using net::ip::tcp;
using clock = std::chrono::steady_clock;

/// What the lanes of one fetch_all have in common. No lock: all are in one thread.
struct work {
    std::span<const std::string> urls;
    const fetch_options& options;
    std::vector<page> pages{urls.size()};
    std::size_t next = 0;    ///< The URL that nobody has asked for yet.
    net::io_context loop{1}; ///< One thread runs it.
};

/// Fetches one page after the other, over one connection as long as it can. Its handlers
/// refer to it: it must outlive the run of the loop.
class lane {
public:
    explicit lane(work& w) : work_(w), socket_(w.loop), limit_(w.loop), share_(w.loop) {}

    lane(const lane&) = delete;
    lane& operator=(const lane&) = delete;

    void next_page() {
        while (!page_ && work_.next < work_.urls.size())
            begin();
        if (!page_) close();
    }

private:
    void begin() {
        page_ = &work_.pages[work_.next];
        page_->url = work_.urls[work_.next++];
        span_.emplace(timeline::kind::waits, shown_url(page_->url));
        start_ = clock::now();
        std::error_code error;
        url_ = parse_url(page_->url, error);
        if (error) return finish(error);
        exchange_.emplace(url_, http_options{.max_body = work_.options.max_body});
        limit_time();
        reused_ = socket_.is_open() && same_origin(url_, connected_) &&
                  is_quiet(socket_.native_handle());
        reused_ ? write() : connect();
    }
    void limit_time() {
        limit_.expires_at(start_ + work_.options.timeout);
        limit_.async_wait([this, asked = asked_](error_code error) {
            if (error || asked != asked_) return; // that page was done before
            timed_out_ = true;
            if (looking_up_) return fail({}); // nobody can cancel that
            cancel_.emit(net::cancellation_type::terminal);
        });
    }

    /// The handler of the next operation, which can be cancelled.
    template <class Step>
    auto then(Step step) {
        return net::bind_cancellation_slot(
            cancel_.slot(), [this, step](error_code error, const auto&... results) {
                this->go_on(error, step, results...);
            });
    }

    template <class Step, class... Results>
    void go_on(error_code error, Step step, const Results&... results) {
        const bool end = error == net::error::eof;
        if (timed_out_ || (error && !end)) return fail(error);
        (this->*step)(results...);
        next_page(); // if that was the last step of this one
    }

    void connect() {
        close();
        connected_ = url_;
        error_code error;
        const auto address = net::ip::make_address(url_.node(), error);
        if (error) return look_up();
        std::uint16_t port = 0;
        std::from_chars(url_.port.data(), url_.port.data() + url_.port.size(), port);
        socket_.async_connect({address, port}, then(&lane::write));
    }

    void look_up() {
        looking_up_ = true;
        auto resolver = std::make_shared<tcp::resolver>(work_.loop);
        resolver->async_resolve(
            url_.node(), url_.port,
            [this, resolver, asked = asked_](error_code error,
                                             const tcp::resolver::results_type& found) {
                if (asked != asked_) return; // it timed out meanwhile
                looking_up_ = false;
                if (error) return fail(std::error_code{http_error::host_not_found});
                found_.assign(found.begin(), found.end());
                tried_ = 0;
                connect_next();
            });
    }

    /// An address that stays silent leaves the others their share of the time.
    void connect_next() {
        close();
        const auto left = static_cast<int>(found_.size() - tried_);
        share_.expires_after((limit_.expiry() - clock::now()) / left);
        share_.async_wait([this, asked = asked_, tried = tried_](error_code error) {
            error_code ignored;
            if (!error && asked == asked_ && tried == tried_) socket_.cancel(ignored);
        });
        const auto connected = [this](error_code error) {
            ++tried_;
            if (error && !timed_out_ && tried_ < found_.size()) return connect_next();
            go_on(error, &lane::write);
        };
        socket_.async_connect(found_[tried_],
                              net::bind_cancellation_slot(cancel_.slot(), connected));
    }

    void write() {
        if (exchange_->to_send().empty()) return read();
        socket_.async_write_some(net::buffer(exchange_->to_send()), then(&lane::written));
    }

    void written(std::size_t size) {
        exchange_->sent(size);
        write();
    }

    void read() {
        const std::span<char> room = exchange_->room();
        socket_.async_read_some(net::buffer(room.data(), room.size()), then(&lane::came));
    }

    void came(std::size_t size) {
        if (size == 0 && is_stale()) return start_over();
        exchange_->received(size);
        if (exchange_->error() && is_stale()) return start_over();
        exchange_->done() ? finish(exchange_->error()) : read();
    }

    void fail(const error_code& error) {
        if (timed_out_)
            finish(std::make_error_code(std::errc::timed_out));
        else if (is_stale())
            start_over();
        else
            finish(error);
        next_page();
    }

    /// The server closed a kept connection just when we used it again (RFC 9112 §9.3.1),
    /// or sent what is no answer.
    bool is_stale() const { return reused_ && !exchange_->started(); }

    void start_over() {
        reused_ = false;
        exchange_.emplace(url_, http_options{.max_body = work_.options.max_body});
        connect();
    }

    void finish(const std::error_code& error) {
        page_->error = error;
        page_->elapsed =
            std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - start_);
        if (exchange_) page_->status = exchange_->status();
        if (!error) page_->body = exchange_->take_body();
        if (error || !exchange_->keep_alive()) close();
        limit_.cancel();
        share_.cancel();
        exchange_.reset();
        span_.reset();
        timed_out_ = looking_up_ = false;
        page_ = nullptr; // next_page() begins another
        ++asked_;
    }

    void close() {
        error_code ignored;
        socket_.close(ignored);
    }

    work& work_;
    tcp::socket socket_;
    net::steady_timer limit_, share_;
    net::cancellation_signal cancel_{};
    http_url connected_{}; // to whom the socket is, when it is open
    bool reused_ = false;
    bool timed_out_ = false;
    bool looking_up_ = false;

    std::vector<tcp::endpoint> found_{}; // addresses of the host
    std::size_t tried_ = 0;

    page* page_ = nullptr; // null: none at the moment
    std::uint64_t asked_ = 0;
    http_url url_{};
    std::optional<http_exchange> exchange_{};
    std::optional<timeline::span> span_{};
    clock::time_point start_{};
};

} // namespace

std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options) {
    if (urls.empty()) return {};
    work w{.urls = urls, .options = options};
    std::deque<lane> lanes;
    // The rest waits for its turn, as it does when fewer are wanted.
    const auto at_most = std::clamp<std::size_t>(
        options.in_flight, 1, std::min(urls.size(), free_descriptors()));
    for (std::size_t i = 0; i < at_most; ++i)
        lanes.emplace_back(w).next_page();
    w.loop.run();
    return std::move(w.pages);
}

} // namespace ladder::asio_callbacks
