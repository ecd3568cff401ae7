// fetch_all with coroutines. Compare it with rung 01: a wait is a co_await, and all the
// rest is as it was.

#include "asio.hpp"

#include "workbench/http_exchange.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/quiet_socket.hpp"
#include "workbench/timeline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <system_error>
#include <tuple>
#include <utility>
#include <variant>

namespace ladder::asio {

namespace net = boost::asio;

namespace {

using namespace net::experimental::awaitable_operators;
using boost::system::error_code;
using net::ip::tcp;
using clock = std::chrono::steady_clock;

// With this token an operation returns its error instead of throwing it.
constexpr auto no_throw = net::as_tuple(net::use_awaitable);

/// What the calling coroutine runs on: the loop.
auto here() {
    return net::this_coro::executor;
}

/// A lookup cannot be cancelled; waiting for one can. So it keeps what it needs alive
/// itself, and whoever waits does so at a timer.
struct lookup {
    explicit lookup(const net::any_io_executor& loop) : resolver(loop), done(loop) {}

    tcp::resolver resolver;
    net::steady_timer done; // cancelled when it is
    tcp::resolver::results_type found{};
    error_code error = net::error::operation_aborted;
};

std::shared_ptr<lookup> look_up(const net::any_io_executor& loop, const http_url& url) {
    auto it = std::make_shared<lookup>(loop);
    it->done.expires_at(clock::time_point::max());
    it->resolver.async_resolve(url.node(), url.port, [it](error_code e, auto found) {
        it->error = e ? error_code{std::error_code{http_error::host_not_found}} : e;
        it->found = std::move(found);
        it->done.cancel();
    });
    return it;
}

/// What one coroutine keeps from page to page.
class connection {
public:
    connection(const net::any_io_executor& loop, clock::duration timeout)
        : timeout_(timeout),
          sleep_(loop),
          socket_(loop) {}

    /// Runs beside the pages: ends what they wait for when the time of one is up. It
    /// sleeps until the deadline that it knows; there may be a later one by then.
    net::awaitable<void> watch() {
        while (!stopped_) {
            sleep_.expires_at(deadline_);
            co_await sleep_.async_wait(no_throw);
            if (stopped_ || clock::now() < deadline_) continue;
            timed_out_ = true;
            close(); // whoever waits at the socket goes on, with an error
            if (lookup_) lookup_->done.cancel();
            deadline_ = clock::now() + timeout_;
        }
    }

    /// From now on the time of the next page runs.
    void start_clock() {
        deadline_ = clock::now() + timeout_;
        timed_out_ = false;
    }

    bool timed_out() const noexcept { return timed_out_; }

    /// There are no more pages; `watch` ends.
    void stop_watching() {
        stopped_ = true;
        sleep_.cancel();
    }

    /// One request and its answer, on the connection that is there if it leads to that
    /// host. `limits` are those of the exchange.
    net::awaitable<std::error_code> get(const http_url& url, http_exchange& exchange,
                                        const http_options& limits) {
        const bool kept = socket_.is_open() && same_origin(url, url_);
        if (kept && is_quiet(socket_.native_handle())) {
            const auto error = co_await talk(exchange);
            const bool stale = error && !exchange.started();
            if (!stale || error == std::errc::operation_canceled) co_return error;
            exchange = http_exchange{url, limits}; // as if it had never begun
        }
        const auto error = co_await connect(url);
        co_return error ? error : co_await talk(exchange);
    }

    void close() {
        error_code ignored;
        socket_.close(ignored);
    }

private:
    net::awaitable<std::error_code> connect(const http_url& url) {
        close();
        url_ = url;
        error_code error;
        if (const auto address = net::ip::make_address(url.node(), error); !error) {
            std::uint16_t port = 0;
            std::from_chars(url.port.data(), url.port.data() + url.port.size(), port);
            std::tie(error) = co_await socket_.async_connect({address, port}, no_throw);
            co_return error;
        }
        lookup_ = look_up(socket_.get_executor(), url);
        co_await lookup_->done.async_wait(no_throw);
        const auto name = std::exchange(lookup_, nullptr);
        if (name->error) co_return name->error;
        // One that stays silent leaves the others their share of the time.
        auto left = static_cast<int>(name->found.size());
        for (const auto& address : name->found) {
            close();
            net::steady_timer share{socket_.get_executor(),
                                    (deadline_ - clock::now()) / left--};
            const auto first = co_await (socket_.async_connect(address, no_throw) ||
                                         share.async_wait(no_throw));
            error = net::error::timed_out;
            if (first.index() == 0) error = std::get<0>(std::get<0>(first));
            if (!error || timed_out_) break;
        }
        co_return error;
    }

    // [talk]
    net::awaitable<std::error_code> talk(http_exchange& exchange) {
        while (!exchange.to_send().empty()) {
            const auto bytes = net::buffer(exchange.to_send());
            const auto [error, size] = co_await socket_.async_write_some(bytes, no_throw);
            if (error) co_return error;
            exchange.sent(size);
        }
        while (!exchange.done()) {
            const auto room = net::buffer(exchange.room().data(), exchange.room().size());
            const auto [error, size] = co_await socket_.async_read_some(room, no_throw);
            if (error && error != net::error::eof) co_return error;
            exchange.received(size); // 0 is the end
        }
        co_return exchange.error();
    }

    // [/talk]

    clock::duration timeout_;
    clock::time_point deadline_ = clock::now() + timeout_; // moves on with every page
    bool timed_out_ = false, stopped_ = false;
    net::steady_timer sleep_;
    tcp::socket socket_;
    http_url url_{};                   // to whom it is connected, when it is open
    std::shared_ptr<lookup> lookup_{}; // while it is waited for
};

// [fetch]
net::awaitable<page> fetch(connection& connection, const std::string& url,
                           const fetch_options& options) {
    const timeline::span span{timeline::kind::waits, shown_url(url)};
    const auto start = clock::now();
    page result{.url = url};

    const http_url parts = parse_url(url, result.error);
    const http_options limits{.max_body = options.max_body};
    http_exchange exchange{parts, limits};
    connection.start_clock();
    if (!result.error) result.error = co_await connection.get(parts, exchange, limits);
    if (result.error && connection.timed_out())
        result.error = std::make_error_code(std::errc::timed_out);
    if (result.error || !exchange.keep_alive()) connection.close();
    result.status = exchange.status();
    if (!result.error) result.body = exchange.take_body();
    result.elapsed =
        std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - start);
    co_return result;
}

// [/fetch]

} // namespace

std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options) {
    if (urls.empty()) return {};
    std::vector<page> pages(urls.size());
    std::size_t next = 0;
    net::io_context loop{1}; // one thread runs it

    // [window]
    const auto one_after_the_other = [&](connection& mine) -> net::awaitable<void> {
        while (next < urls.size()) { // no lock: nobody else runs before we wait
            const std::size_t i = next++;
            pages[i] = co_await fetch(mine, urls[i], options);
        }
        mine.stop_watching();
    };
    // [/window]
    // [and]
    const auto in_time = [&]() -> net::awaitable<void> {
        connection mine{co_await here(), options.timeout};
        co_await (one_after_the_other(mine) && mine.watch());
    };
    // [/and]
    // The rest waits for its turn, as it does when fewer are wanted.
    const auto at_most = std::clamp<std::size_t>(
        options.in_flight, 1, std::min(urls.size(), free_descriptors()));
    for (std::size_t i = 0; i < at_most; ++i)
        net::co_spawn(loop, in_time, [](const std::exception_ptr& error) {
            if (error) std::rethrow_exception(error); // out of run()
        });
    loop.run();
    return pages;
}

} // namespace ladder::asio
