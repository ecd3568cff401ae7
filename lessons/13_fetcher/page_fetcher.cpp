#include "page_fetcher.hpp"

#include "fibers_on_asio/connect.hpp"
#include "fibers_on_asio/yield.hpp"
#include "international_host.hpp"
#include "workbench/http_exchange.hpp"
#include "workbench/timeline.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/fiber/operations.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>

namespace ladder::fetcher {

namespace asio = boost::asio;
using fibers_on_asio::connect_to_first;
using fibers_on_asio::event_loop;
using fibers_on_asio::yield;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds first_pause{100}; // before the second attempt; then doubled
constexpr milliseconds longest_pause{5000};
constexpr milliseconds descriptor_pause{20}; // when there are no descriptors left

/// May the same request work if it is sent again?
bool worth_another_try(const outcome& o) {
    if (o.disk_failed) return false;
    if (!o.error) { // RFC 9110 §15: the server says that it is for now
        static constexpr std::array for_now{408, 429, 500, 502, 503, 504};
        return std::ranges::find(for_now, o.status) != for_now.end();
    }
    return o.error == http_error::truncated ||
           &o.error.category() != &make_error_code(http_error{}).category();
}

bool out_of_descriptors(const std::error_code& e) {
    return e == std::errc::too_many_files_open ||
           e == std::errc::too_many_files_open_in_system;
}

std::error_code move_bytes(tcp::socket& socket, http_exchange& exchange,
                           steady_clock::time_point deadline) {
    boost::system::error_code e;
    // A request nearly always fits into the socket's buffer: nothing to wait for.
    exchange.sent(socket.write_some(asio::buffer(exchange.to_send()), e));
    if (e == asio::error::would_block) e = {};
    while (!e && !exchange.to_send().empty())
        exchange.sent(socket.async_write_some(asio::buffer(exchange.to_send()),
                                              yield.until(deadline)[e]));
    while (!e && !exchange.done()) {
        const auto room = exchange.room();
        const std::size_t size = socket.async_read_some(
            asio::buffer(room.data(), room.size()), yield.until(deadline)[e]);
        if (e == asio::error::eof) e = {}; // and size is 0
        if (!e) exchange.received(size);
    }
    return e;
}

} // namespace

page_fetcher::page_fetcher(event_loop& loop, const worker_settings& settings,
                           worker_statistics& statistics)
    : loop_(loop),
      settings_(settings),
      statistics_(statistics),
      idle_connections_(settings.concurrency),
      names_(loop.context()) {
    if (settings.folder.empty()) return;
    folder_.reset(::open(settings.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder_)
        throw std::system_error{errno, std::generic_category(), settings.folder};
}

fetched page_fetcher::fetch(const task& t, sha256& hash) {
    const timeline::span span{timeline::kind::waits, shown_url(t.url)};
    const auto start = steady_clock::now();
    fetched f{.o = {.id = t.id}, .page = {}};
    outcome& o = f.o;
    std::error_code no_host;
    const http_url url = parse_url(with_ascii_host(t.url, no_host), o.error);
    if (no_host) o.error = no_host;
    for (milliseconds pause = first_pause; !o.error || o.attempts > 0;
         pause = std::min(2 * pause, longest_pause)) {
        attempt(t, url, hash, f);
        if (o.attempts > settings_.retries || !worth_another_try(o)) break;
        boost::this_fiber::sleep_for(pause);
    }
    o.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(
        steady_clock::now() - start);
    return f;
}

// [attempt]
void page_fetcher::attempt(const task& t, const http_url& url, sha256& hash, fetched& f) {
    auto deadline = steady_clock::now() + settings_.timeout;
    const std::string origin = url.origin();
    outcome& o = f.o;
    o = {.id = o.id, .attempts = o.attempts + 1}; // nothing of the one before

    std::optional<tcp::socket> socket = idle_connections_.take(origin);
    if (socket) {
        // The server may have closed it just now. If nothing of an answer was seen, the
        // request goes out again on a fresh one (RFC 9112 §9.3.1).
        if (exchange_on(*socket, t, url, deadline, hash, f)) return;
    }
    o.error = {};
    socket.emplace(loop_.context());
    connect(*socket, url, deadline, o.error);
    if (!o.error) exchange_on(*socket, t, url, deadline, hash, f);
}

// [/attempt]

/// Returns false when the connection was stale.
bool page_fetcher::exchange_on(tcp::socket& socket, const task& t, const http_url& url,
                               time_point deadline, sha256& hash, fetched& f) {
    hash.restart();
    outcome& o = f.o;
    std::optional<page_file> file;
    if (folder_) file.emplace(folder_.get(), t.url, settings_.parts, t.id);
    std::error_code disk_error;

    http_exchange* self = nullptr;
    http_exchange exchange{url,
                           {.max_body = settings_.max_bytes,
                            .user_agent = settings_.user_agent,
                            .sink = [&](std::string_view piece) {
                                hash.update(piece);
                                if (file && self->status() / 100 == 2)
                                    disk_error = file->write(piece);
                                worker_statistics::add(statistics_.bytes, piece.size());
                                return disk_error;
                            }}};
    self = &exchange;

    const std::error_code error = move_bytes(socket, exchange, deadline);
    o.status = exchange.status();
    o.bytes = exchange.body_size();
    o.error = error ? error : exchange.error();
    if (o.error && !exchange.started() && o.error != std::errc::timed_out) return false;

    if (!o.error) {
        o.sha256 = hash.finish();
        if (file && o.status / 100 == 2) f.page.emplace(std::move(*file));
        if (exchange.keep_alive()) idle_connections_.put(url.origin(), std::move(socket));
    }
    if (disk_error) {
        o.error = disk_error;
        o.disk_failed = !out_of_descriptors(disk_error); // those come back
    }
    return true;
}

void page_fetcher::connect(tcp::socket& socket, const http_url& url, time_point& deadline,
                           std::error_code& error) {
    const auto most = [&] { // a page may have less time than a connection
        return std::min(deadline, steady_clock::now() + settings_.connect_timeout);
    };
    time_point::duration waited{};
    const auto addresses = names_.find(url, most(), error, &waited);
    deadline += waited; // for others, who were first
    if (error) return;
    const auto until = most();
    error = connect_to_first(socket, addresses, until,
                             [&](tcp::socket& s, const tcp::endpoint& address) {
                                 return open(s, address, until);
                             });
    boost::system::error_code e;
    if (!error) socket.non_blocking(true, e);
}

boost::system::error_code page_fetcher::open(tcp::socket& socket,
                                             const tcp::endpoint& address,
                                             time_point deadline) {
    boost::system::error_code e;
    while (socket.open(address.protocol(), e), out_of_descriptors(e)) {
        if (idle_connections_.close_oldest()) continue;
        if (steady_clock::now() >= deadline) break;
        boost::this_fiber::sleep_for(descriptor_pause);
    }
    return e;
}

void page_fetcher::save(fetched& f) {
    outcome& o = f.o;
    page_file& page = *f.page;
    o.error = page.finish();
    while (out_of_descriptors(o.error)) { // they come back
        if (!idle_connections_.close_oldest())
            boost::this_fiber::sleep_for(descriptor_pause);
        o.error = page.finish();
    }
    o.disk_failed = bool{o.error};
    if (o.error)
        o.sha256.clear();
    else
        o.file = page.name();
}

} // namespace ladder::fetcher
