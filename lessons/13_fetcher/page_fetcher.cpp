#include "page_fetcher.hpp"

#include "content_decoder.hpp"
#include "fibers_on_asio/connect.hpp"
#include "fibers_on_asio/yield.hpp"
#include "international_host.hpp"
#include "next_request.hpp"
#include "retries.hpp"
#include "retry_after.hpp"
#include "robots.hpp"
#include "workbench/http_exchange.hpp"
#include "workbench/timeline.hpp"

#include <boost/fiber/operations.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

namespace ladder::fetcher {

using fibers_on_asio::connect_to_first;
using fibers_on_asio::event_loop;
using fibers_on_asio::yield;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds descriptor_pause{20}; // when there are no descriptors left

/// What no other host than the first one may see.
std::string without_secrets(std::string_view lines) {
    static const std::array names{"authorization:", "cookie:", "proxy-authorization:"};
    std::string rest;
    while (!lines.empty()) {
        const auto line = lines.substr(0, lines.find('\n') + 1);
        lines.remove_prefix(line.size());
        const bool is_secret = std::ranges::any_of(names, [&](std::string_view name) {
            return ::strncasecmp(line.data(), name.data(), name.size()) == 0;
        });
        if (!is_secret) rest += line;
    }
    return rest;
}

/// Of a robots.txt, as much as is ever looked at; more than that is not waited for.
std::error_code keep_some(std::string_view piece, std::string& text) {
    text += piece.substr(0, robots_rules::most_read - text.size());
    return text.size() < robots_rules::most_read ? std::error_code{}
                                                 : http_error::body_too_large;
}

/// Since the request began.
microseconds since(const outcome& o, steady_clock::time_point when) {
    return duration_cast<microseconds>(when.time_since_epoch()) - o.times.began;
}

bool out_of_descriptors(const std::error_code& e) {
    return e == std::errc::too_many_files_open ||
           e == std::errc::too_many_files_open_in_system;
}

} // namespace

page_fetcher::page_fetcher(event_loop& loop, const worker_settings& settings,
                           worker_statistics& statistics)
    : loop_(loop),
      settings_(settings),
      statistics_(statistics),
      idle_connections_(settings.concurrency),
      names_(loop.context()),
      headers_for_others_(without_secrets(settings.request.headers)) {
    if (settings.folder.empty()) return;
    folder_.reset(::open(settings.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder_)
        throw std::system_error{errno, std::generic_category(), settings.folder};
}

fetched page_fetcher::fetch(const task& t, sha256& hash) {
    const timeline::span span{timeline::kind::waits,
                              shown_url(t.at.empty() ? t.url : t.at)};
    const request_settings& how = settings_.request;
    journey far{.method = how.method, .began = steady_clock::now().time_since_epoch()};
    if (t.robots) far.method = "GET";
    far.with_body = !t.robots;
    if (!t.so_far.empty()) far = decode_journey(t.so_far);
    fetched f{.o = {.id = t.id}, .page = {}};
    outcome& o = f.o;
    hop h{.url = t.at.empty() ? t.url : t.at,
          .method = far.method,
          .with_body = far.with_body,
          .with_secrets = far.with_secrets};
    o.error = begin(h);
    if (h.to.credentials.empty()) h.to.credentials = far.credentials;
    const auto end = steady_clock::time_point{far.began} + settings_.deadline;
    if (!o.error && settings_.deadline.count() > 0 && steady_clock::now() >= end)
        o.error = std::make_error_code(std::errc::timed_out); // before its turn came
    if (!o.error) {
        o.attempts = far.retries;
        attempt(t, h, hash, f, settings_.deadline.count() > 0 ? end : time_point::max());
        o.next =
            next_after(h, far, o, how.max_redirects > 0 ? f.location : "", settings_);
    }
    if (o.error) o.sha256.clear();
    o.redirects = far.redirects;
    if (far.redirects > 0) o.final_url = h.url;
    o.elapsed =
        duration_cast<microseconds>(steady_clock::now().time_since_epoch() - far.began);
    return f;
}

// [attempt]
void page_fetcher::attempt(const task& t, const hop& h, sha256& hash, fetched& f,
                           time_point end) {
    const auto began = steady_clock::now();
    auto deadline = std::min(end, began + settings_.timeout);
    outcome& o = f.o;
    o = {.id = o.id, .attempts = o.attempts + 1}; // nothing of the one before
    o.times.began = duration_cast<microseconds>(began.time_since_epoch());
    f.location.clear();

    if (auto idle = idle_connections_.take(h.origin)) {
        // The server may have closed it just now. If nothing of an answer was seen, the
        // request goes out again on a fresh one (RFC 9112 §9.3.1).
        if (exchange_on(*idle, t, h, deadline, hash, f)) return;
    }
    o.error = {};
    if (auto fresh = connect(h.to, deadline, o))
        exchange_on(*fresh, t, h, std::min(deadline, end), hash, f);
}

// [/attempt]

/// Returns false when the connection was stale.
bool page_fetcher::exchange_on(connection& c, const task& t, const hop& h,
                               time_point deadline, sha256& hash, fetched& f) {
    hash.restart();
    outcome& o = f.o;
    std::optional<page_file> file;
    if (folder_ && !t.robots) file.emplace(folder_.get(), t.id, settings_.parts);
    std::error_code disk_error;
    std::uint64_t bytes = 0;
    http_exchange* self = nullptr;
    const auto store = [&](std::string_view piece) {
        bytes += piece.size();
        if (t.robots) return keep_some(piece, o.text);
        hash.update(piece);
        if (file && self->status() / 100 == 2) disk_error = file->write(piece);
        return disk_error;
    };
    std::unique_ptr<content_decoder> decoder;
    std::error_code coding_error;
    bool begun = false;
    const request_settings& how = settings_.request;
    http_exchange exchange{
        h.to,
        {.max_body = t.robots ? ~std::uint64_t{0} : settings_.max_bytes,
         .user_agent = settings_.user_agent,
         .method = h.method,
         .headers = h.with_secrets ? how.headers : headers_for_others_,
         .body = h.with_body ? how.body : std::string_view{},
         .sink = [&](std::string_view piece) {
             worker_statistics::add(statistics_.bytes, piece.size());
             if (how.compressed && !std::exchange(begun, true))
                 decoder =
                     content_decoder::make(self->header("Content-Encoding"),
                                           settings_.max_bytes, store, coding_error);
             if (coding_error) return coding_error;
             return decoder ? decoder->put(piece) : store(piece);
         }}};
    self = &exchange;

    const std::error_code error = c.carry(exchange, deadline, settings_.least);
    if (exchange.started()) o.times.first_byte = since(o, c.first_byte());
    o.times.ended = since(o, steady_clock::now());
    o.content_type = exchange.header("Content-Type");
    o.status = exchange.status();
    o.bytes = bytes;
    o.error = error ? error : exchange.error();
    if (!o.error && decoder) o.error = decoder->end();
    if (t.robots && o.error == http_error::body_too_large) o.error = {}; // enough
    if (o.error && !exchange.started() && o.error != std::errc::timed_out) return false;

    if (answered_for_now(o.status))
        o.retry_after = parse_retry_after(
            exchange.header("Retry-After"),
            std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    if (!o.error) {
        o.sha256 = hash.finish();
        if (file && o.status / 100 == 2) f.page.emplace(std::move(*file));
        if (exchange.keep_alive()) idle_connections_.put(h.origin, std::move(c));
        const bool may_redirect = o.status / 100 == 3;
        const auto location = may_redirect ? exchange.header("Location") : "";
        if (is_redirect(o.status, location)) f.location = location;
    }
    if (disk_error) {
        o.error = disk_error;
        o.disk_failed = !out_of_descriptors(disk_error); // those come back
    }
    return true;
}

std::optional<connection> page_fetcher::connect(const http_url& url, time_point& deadline,
                                                outcome& o) {
    const auto most = [&] { // a page may have less time than a connection
        return std::min(deadline, steady_clock::now() + settings_.connect_timeout);
    };
    time_point::duration waited{};
    const auto addresses = names_.find(url, most(), o.error, &waited);
    deadline += waited; // for others, who were first
    if (o.error) return {};
    o.times.found = since(o, steady_clock::now());
    const auto until = most();
    tcp::socket socket{loop_.context()};
    o.error = connect_to_first(socket, addresses, until,
                               [&](tcp::socket& s, const tcp::endpoint& address) {
                                   return open(s, address, until);
                               });
    if (o.error) return {};
    o.times.connected = since(o, steady_clock::now());
    boost::system::error_code e;
    socket.non_blocking(true, e);
    connection fresh{std::move(socket)};
    if (url.secure) {
        if (!tls_)
            tls_.emplace(settings_.request.certificates, settings_.request.insecure);
        o.error = fresh.secure(*tls_, url, until, o.detail);
        if (o.error) return {};
        o.times.secured = since(o, steady_clock::now());
    }
    return fresh;
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
