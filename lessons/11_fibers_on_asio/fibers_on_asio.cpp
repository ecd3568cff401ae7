#include "fibers_on_asio.hpp"

#include "connect.hpp"
#include "event_loop.hpp"
#include "resolver.hpp"
#include "workbench/http_exchange.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/quiet_socket.hpp"
#include "workbench/timeline.hpp"
#include "yield.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/fiber/fiber.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

namespace ladder::fibers_on_asio {

using asio::ip::tcp;
using clock = std::chrono::steady_clock;

namespace {

/// A TCP connection whose every call waits, at the longest until the deadline; but only
/// the calling fiber waits. It is kept for the next page from the same host.
class connection {
public:
    connection(event_loop& loop, resolver& names)
        : socket_(loop.context()),
          names_(names) {}

    void wait_until(clock::time_point deadline) { until_ = yield.until(deadline); }

    void connect(const http_url& url, std::error_code& error) {
        reused_ = socket_.is_open() && same_origin(url, url_) &&
                  is_quiet(socket_.native_handle());
        request_.clear();
        if (reused_) return;
        boost::system::error_code e;
        url_ = url;
        open(e);
        error = e;
    }

    std::size_t write(std::string_view bytes, std::error_code& error) {
        boost::system::error_code e;
        auto size = socket_.async_write_some(asio::buffer(bytes), until_[e]);
        if (e && start_over(e))
            size = socket_.async_write_some(asio::buffer(bytes), until_[e]);
        if (reused_) request_ += bytes.substr(0, size);
        error = e;
        return size;
    }

    std::size_t read(std::span<char> room, std::error_code& error) {
        boost::system::error_code e;
        const auto buffer = asio::buffer(room.data(), room.size());
        auto size = socket_.async_read_some(buffer, until_[e]);
        if (e && start_over(e)) size = socket_.async_read_some(buffer, until_[e]);
        reused_ = false; // the answer has begun
        if (e != asio::error::eof) error = e;
        return size;
    }

    void close() {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

private:
    void open(boost::system::error_code& e) {
        close();
        std::error_code unknown;
        const auto found = names_.find(url_, until_.deadline, unknown);
        e = unknown;
        if (!e) e = connect_to_first(socket_, found, until_.deadline);
    }

    /// The server may close a kept connection just when it is used again (RFC 9112
    /// §9.3.1). What it was asked for is asked again, once, on a new one.
    bool start_over(boost::system::error_code& e) {
        if (!std::exchange(reused_, false) || e == asio::error::timed_out) return false;
        open(e);
        if (!e) asio::async_write(socket_, asio::buffer(request_), until_[e]);
        return !e;
    }

    tcp::socket socket_;
    resolver& names_;
    yield_t until_{};
    http_url url_{};        // whose host it is connected to, when it is open
    bool reused_ = false;   // and nothing of the answer has come
    std::string request_{}; // what was sent meanwhile
};

// [fetch]
page fetch(connection& connection, const std::string& url, const fetch_options& options) {
    const timeline::span span{timeline::kind::waits, shown_url(url)};
    const auto start = clock::now();
    page result{.url = url};

    const http_url parts = parse_url(url, result.error);
    http_exchange exchange{parts, {.max_body = options.max_body}};
    connection.wait_until(start + options.timeout);

    if (!result.error) connection.connect(parts, result.error);
    while (!result.error && !exchange.to_send().empty())
        exchange.sent(connection.write(exchange.to_send(), result.error));
    while (!result.error && !exchange.done()) {
        const auto size = connection.read(exchange.room(), result.error);
        if (!result.error) exchange.received(size);
    }

    if (!result.error) result.error = exchange.error();
    if (result.error || !exchange.keep_alive()) connection.close();
    result.status = exchange.status();
    if (!result.error) result.body = exchange.take_body();
    result.elapsed =
        std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - start);
    return result;
}

// [/fetch]

} // namespace

page fetch(event_loop& loop, const std::string& url, const fetch_options& options) {
    resolver names{loop.context()};
    connection once{loop, names};
    return fetch(once, url, options);
}

std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options) {
    std::vector<page> pages(urls.size());
    std::size_t next = 0;
    event_loop loop;
    resolver names{loop.context()};

    // The rest waits for its turn, as it does when fewer are wanted.
    std::vector<boost::fibers::fiber> fibers(std::min(
        {std::max<std::size_t>(options.in_flight, 1), urls.size(), free_descriptors()}));
    // [fibers]
    for (auto& fiber : fibers)
        fiber = boost::fibers::fiber{[&] {
            connection connection{loop, names};
            while (next < urls.size()) { // no lock: nobody else runs before we wait
                const std::size_t mine = next++;
                pages[mine] = fetch(connection, urls[mine], options);
            }
        }};
    // [/fibers]
    for (auto& fiber : fibers)
        fiber.join();
    return pages;
}

} // namespace ladder::fibers_on_asio
