// fetch_all with callbacks. Compare it with rung 01: the same calls in the same order,
// but each in a function of its own, which starts something and returns.

#include "event_loop.hpp"
#include "work.hpp"
#include "workbench/http_exchange.hpp"
#include "workbench/quiet_socket.hpp"
#include "workbench/timeline.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/socket.h>

namespace ladder::event_loop {

using clock = reactor::clock;
using processes::unique_fd;

/// Fetches one page after the other, over one connection as long as it can. It is a state
/// machine: `when_ready_` is what comes next, and what a function of rung 01 has in its
/// local variables is in members here.
class lane {
public:
    explicit lane(work& w) : work_(w) {}

    ~lane() { close(); }

    lane(const lane&) = delete;
    lane& operator=(const lane&) = delete;

    /// Whatever happens to a lane comes in here: a step, and if that was the last one of
    /// its page, the next page.
    void go_on(void (lane::*step)()) {
        (this->*step)();
        while (page_ == nullptr && work_.next < work_.urls.size())
            begin();
        if (page_ == nullptr) close();
    }

    void start() { go_on(&lane::nothing); }

private:
    void nothing() {}

    // [begin]
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
        reused_ = socket_ && url_.node() == host_ && url_.port == port_ &&
                  is_quiet(socket_.get());
        reused_ ? write() : find_host();
    }

    // [/begin]

    void connect() {
        // Whoever waits for a descriptor is first.
        work_.without_descriptor.empty() ? open() : wait_for_descriptor();
    }

    void open() {
        const address& to = (*addresses_)[tried_];
        socket_.reset(
            ::socket(to.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!socket_ && no_descriptor_left(errno)) return wait_for_descriptor();
        if (!socket_) return connect_failed(errno);
        ++work_.connections;
        if (has_waited_) limit_time(); // its time begins now
        has_waited_ = false;
        const auto* where = reinterpret_cast<const sockaddr*>(&to.bytes);
        if (::connect(socket_.get(), where, to.size) != 0 && errno != EINPROGRESS)
            return connect_failed(errno);
        when_ready_ = &lane::connected;
        watch_for(EPOLLOUT);
        limit_silence();
    }

    /// An address that stays silent leaves the others their share of the time.
    void limit_silence() {
        const auto left = static_cast<int>(addresses_->size() - tried_);
        const auto now = clock::now();
        if (left > 1)
            silence_ = work_.loop.call_at(now + (timer_.first - now) / left,
                                          [this] { go_on(&lane::stayed_silent); });
    }

    void stayed_silent() { connect_failed(ETIMEDOUT); }

    void find_host() {
        close();
        host_ = url_.node();
        port_ = url_.port;
        tried_ = 0;
        const auto when_found = [this, asked = asked_](const addresses& found) {
            if (page_ == nullptr || asked != asked_) return; // it timed out meanwhile
            addresses_ = found;
            go_on(&lane::found_host);
        };
        addresses_ = work_.names.find(host_, port_, when_found);
        if (addresses_) found_host();
    }

    void found_host() {
        if (addresses_->empty()) return finish(http_error::host_not_found);
        connect();
    }

    void connect_failed(int error) {
        close();
        if (++tried_ < addresses_->size()) return connect();
        finish({error, std::generic_category()});
    }

    void connected() {
        work_.loop.cancel(silence_);
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return connect_failed(error);
        write();
    }

    void write() {
        // [write]
        const std::string_view bytes = exchange_->to_send();
        const auto size = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0 && !would_block()) return failed(errno);
        if (size > 0) exchange_->sent(static_cast<std::size_t>(size));
        const bool all = exchange_->to_send().empty();
        when_ready_ = all ? &lane::read : &lane::write;
        watch_for(all ? EPOLLIN : EPOLLOUT);
        // [/write]
    }

    void read() {
        const std::span<char> room = exchange_->room();
        const auto size = ::recv(socket_.get(), room.data(), room.size(), 0);
        if (size < 0 && would_block()) return;
        if (size < 0) return failed(errno);
        if (size == 0 && is_stale()) return start_over();
        exchange_->received(static_cast<std::size_t>(size));
        if (exchange_->error() && is_stale()) return start_over();
        if (exchange_->done()) finish(exchange_->error());
    }

    static bool would_block() {
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    }

    void failed(int error) {
        if (is_stale()) return start_over();
        finish({error, std::generic_category()});
    }

    /// The server closed a kept connection just when we used it again (RFC 9112 §9.3.1),
    /// or sent what is no answer.
    bool is_stale() const { return reused_ && !exchange_->started(); }

    void start_over() {
        reused_ = false;
        exchange_.emplace(url_, http_options{.max_body = work_.options.max_body});
        find_host();
    }

    void timed_out() {
        const bool others_will_close = has_waited_ && work_.connections > 0;
        if (others_will_close) return limit_time();
        finish(std::make_error_code(has_waited_ ? std::errc::too_many_files_open
                                                : std::errc::timed_out));
    }

    void limit_time() {
        work_.loop.cancel(timer_);
        timer_ = work_.loop.call_at(clock::now() + work_.options.timeout,
                                    [this] { go_on(&lane::timed_out); });
    }

    void finish(const std::error_code& error) {
        page_->error = error;
        page_->elapsed =
            std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - start_);
        if (exchange_) page_->status = exchange_->status();
        if (!error) page_->body = exchange_->take_body();
        const bool others_wait = !work_.without_descriptor.empty();
        if (error || !exchange_->keep_alive() || others_wait) close();
        work_.loop.cancel(timer_);
        if (std::exchange(has_waited_, false)) std::erase(work_.without_descriptor, this);
        exchange_.reset();
        span_.reset();
        page_ = nullptr; // go_on() begins the next one
        ++asked_;
        if (++work_.done == work_.urls.size()) work_.loop.stop();
    }

    void watch_for(std::uint32_t events) {
        if (watched_for_ == 0)
            work_.loop.watch(socket_.get(), events,
                             [this](std::uint32_t) { go_on(when_ready_); });
        else if (events != watched_for_)
            work_.loop.change(socket_.get(), events);
        watched_for_ = events;
    }

    void close() {
        if (!socket_) return;
        work_.loop.cancel(silence_);
        if (watched_for_ != 0) work_.loop.forget(socket_.get());
        watched_for_ = 0;
        socket_.reset();
        --work_.connections;
        if (!work_.without_descriptor.empty()) try_again_at(clock::now());
    }

    void wait_for_descriptor() {
        auto& waiting = work_.without_descriptor;
        if (std::exchange(has_waited_, true))
            waiting.push_front(this); // it keeps its turn
        else
            waiting.push_back(this);
        // Somebody else may have taken them, and nobody tells us when he closes one.
        try_again_at(clock::now() + pause_without_descriptors);
    }

    void try_again_at(clock::time_point when) {
        auto& next = work_.next_try;
        if (next && next->first <= when) return;
        if (next) work_.loop.cancel(*next);
        next = work_.loop.call_at(when, [&w = work_] {
            w.next_try.reset(); // it is set again by the first who finds none
            while (!w.next_try && !w.without_descriptor.empty()) {
                lane& first = *w.without_descriptor.front();
                w.without_descriptor.pop_front();
                first.go_on(&lane::open);
            }
        });
    }

    work& work_;
    unique_fd socket_{};
    std::uint32_t watched_for_ = 0; // 0: it is not watched
    void (lane::*when_ready_)() = nullptr;
    std::string host_, port_; // of the socket
    addresses addresses_;
    std::size_t tried_ = 0; // addresses
    bool reused_ = false;
    bool has_waited_ = false; // for a descriptor

    page* page_ = nullptr; // null: none at the moment
    std::uint64_t asked_ = 0;
    http_url url_;
    std::optional<http_exchange> exchange_;
    std::optional<timeline::span> span_;
    clock::time_point start_;
    reactor::timer timer_;
    reactor::timer silence_;
};

std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options) {
    if (urls.empty()) return {};
    work w{.urls = urls, .options = options};
    std::deque<lane> lanes;
    for (std::size_t i = 0;
         i < std::clamp<std::size_t>(options.in_flight, 1, urls.size()); ++i)
        lanes.emplace_back(w).start();
    if (w.done < urls.size()) w.loop.run();
    return std::move(w.pages);
}

} // namespace ladder::event_loop
