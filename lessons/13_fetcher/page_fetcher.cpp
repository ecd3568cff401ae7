#include "page_fetcher.hpp"

#include "content_decoder.hpp"
#include "exchange_record.hpp"
#include "next_request.hpp"
#include "page_request.hpp"
#include "request_lines.hpp"
#include "retries.hpp"
#include "retry_after.hpp"
#include "robots.hpp"
#include "workbench/http_exchange.hpp"
#include "workbench/interleave.hpp"
#include "workbench/timeline.hpp"

#include <boost/fiber/operations.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::fetcher {

using fibers_on_asio::event_loop;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t text_limit = 1 << 20; // bytes of a page that are looked at

/// With the whole URL in the request (RFC 9112 §3.2.2).
http_url for_proxy(http_url url) {
    url.target.insert(0, "http://" + url.authority());
    return url;
}

/// The header was good.
bool is_of_body(const std::error_code& e) {
    return e == http_error::truncated || e == http_error::body_too_large ||
           e == http_error::bad_compression;
}

/// Of a robots.txt, as much as is ever looked at; more than that is not waited for.
std::error_code keep_some(std::string_view piece, std::string& text) {
    text += piece.substr(0, robots_rules::most_read - text.size());
    return text.size() < robots_rules::most_read ? std::error_code{}
                                                 : http_error::body_too_large;
}

} // namespace

page_fetcher::page_fetcher(event_loop& loop, const worker_settings& settings,
                           worker_statistics& statistics)
    : settings_(settings),
      statistics_(statistics),
      idle_connections_(settings.concurrency),
      connector_(loop, settings, idle_connections_),
      headers_for_others_(for_another_host(settings.request.headers)) {
    if (!settings.route.netrc.empty()) passwords_ = read_netrc(settings.route.netrc);
    if (!settings.archive_name.empty())
        archive_.emplace(settings.archive_folder, settings.archive_told,
                         settings.archive_name, settings.number);
    if (settings.folder.empty()) return;
    folder_.reset(::open(settings.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder_)
        throw std::system_error{errno, std::generic_category(), settings.folder};
}

fetched page_fetcher::fetch(const task& t, sha256& hash) {
    const timeline::span span{timeline::kind::waits,
                              shown_url(t.at.empty() ? t.url : t.at)};
    const request_settings& how = settings_.request;
    journey far{.method = t.robots ? "GET" : how.method,
                .began = steady_clock::now().time_since_epoch()};
    far.with_body = !t.robots;
    if (!t.so_far.empty()) far = decode_journey(t.so_far);
    fetched f{.o = {.id = t.id}, .page = {}};
    outcome& o = f.o;
    const page_request request{how, headers_for_others_, t};
    if (t.so_far.empty() && !t.robots) far.method = request.method();
    hop h{.url = t.at.empty() ? t.url : t.at,
          .request = &request,
          .method = far.method,
          .with_body = far.with_body,
          .with_secrets = far.with_secrets};
    o.error = begin(h);
    if (h.to.credentials.empty()) h.to.credentials = far.credentials;
    if (passwords_) add_password(h.to);
    const auto end = steady_clock::time_point{far.began} + settings_.deadline;
    if (!o.error && settings_.deadline.count() > 0 && steady_clock::now() >= end)
        o.error = std::make_error_code(std::errc::timed_out); // before its turn came
    if (!o.error) {
        o.attempts = far.retries;
        attempt(t, h, hash, f, settings_.deadline.count() > 0 ? end : time_point::max());
        o.next = next_after(h, far, o, f.location, most_redirects(t), settings_);
    }
    if (o.error) o.sha256.clear();
    o.redirects = far.redirects;
    if (far.redirects > 0) o.final_url = h.url;
    o.elapsed =
        duration_cast<microseconds>(steady_clock::now().time_since_epoch() - far.began);
    return f;
}

/// Those of a robots.txt are followed in any case: RFC 9309 §2.3.1.2.
std::uint64_t page_fetcher::most_redirects(const task& t) const {
    const std::uint64_t least = t.robots ? 5 : 0;
    return std::max<std::uint64_t>(least, settings_.request.max_redirects);
}

/// A URL may name the user and not the password.
void page_fetcher::add_password(http_url& to) const {
    std::string_view login = to.credentials;
    if (!login.empty() && !login.ends_with(':')) return;
    if (!login.empty()) login.remove_suffix(1);
    auto found = passwords_->credentials(to.host, login);
    if (!found.empty()) to.credentials = std::move(found);
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

    const route way = connector_.way_to(h.to);
    if (auto idle = idle_connections_.take(way.key)) {
        // The server may have closed it just now. If nothing of an answer was seen, the
        // request goes out again on a fresh one (RFC 9112 §9.3.1).
        if (exchange_on(*idle, t, h, way, deadline, hash, f)) return;
    }
    o.error = {};
    if (auto fresh = connector_.connect(way, h.to, deadline, end, o))
        exchange_on(*fresh, t, h, way, deadline, hash, f);
}

// [/attempt]

/// Returns false when the connection was stale.
bool page_fetcher::exchange_on(connection& c, const task& t, const hop& h,
                               const route& way, time_point deadline, sha256& hash,
                               fetched& f) {
    hash.restart();
    outcome& o = f.o;
    std::optional<page_file> file;
    if (folder_ && !archive_ && !t.robots)
        file.emplace(folder_.get(), t.id, settings_.parts);
    std::error_code disk_error;
    std::uint64_t bytes = 0;
    const bool by_text = settings_.match.by_text();
    f.text.clear();
    http_exchange* self = nullptr;
    const auto store = [&](std::string_view piece) {
        bytes += piece.size();
        if (t.robots) return keep_some(piece, o.text);
        hash.update(piece);
        if (by_text)
            f.text += piece.substr(0, text_limit - std::min(text_limit, f.text.size()));
        if (file && self->status() / 100 == 2) disk_error = file->write(piece);
        return disk_error;
    };
    std::unique_ptr<content_decoder> decoder;
    std::error_code coding_error;
    std::optional<archived_exchange> record;
    std::optional<sha256> coded; // of the body as it comes
    std::function<std::error_code(std::string_view)> keep_raw;
    if (archive_)
        keep_raw = [&](std::string_view raw) {
            return disk_error = record->response.write(raw);
        };
    bool begun = false;
    const auto max_bytes = t.robots ? ~std::uint64_t{0} : settings_.max_bytes;
    const bool decodes = settings_.request.compressed || t.robots;
    std::string_view headers = h.request->headers(h.with_secrets);
    std::string of_no_body;
    if (!h.with_body) headers = of_no_body = without_content(headers);
    std::string with_proxy;
    const bool to_proxy = way.how == route::by::http_proxy;
    if (to_proxy) headers = with_proxy.append(headers) += connector_.proxy_headers(way);
    http_exchange exchange{
        to_proxy ? for_proxy(h.to) : h.to,
        {.max_body = max_bytes,
         .user_agent = settings_.user_agent,
         .method = h.method,
         .headers = headers,
         .body = h.with_body ? h.request->body() : "",
         .sink =
             [&](std::string_view piece) {
                 worker_statistics::add(statistics_.bytes, piece.size());
                 if (decodes && !std::exchange(begun, true))
                     decoder =
                         content_decoder::make(self->header_list("Content-Encoding"),
                                               max_bytes, store, coding_error);
                 if (coding_error && !t.robots) return coding_error; // plain, maybe
                 if (coded) coded->update(piece);
                 return decoder ? decoder->put(piece) : store(piece);
             },
         .raw = keep_raw}};
    self = &exchange;
    if (archive_) {
        record = begin_record(*archive_, exchange.to_send(), h.to, c,
                              way.how == route::by::itself);
        if (decodes) coded.emplace();
    }

    const std::error_code error = c.carry(exchange, deadline, settings_.least);
    if (exchange.started()) o.times.first_byte = since(o, c.first_byte());
    o.times.ended = since(o, steady_clock::now());
    o.content_type = exchange.header("Content-Type");
    o.status = exchange.status();
    o.bytes = bytes;
    o.error = error ? error : exchange.error();
    if (coding_error)
        o.detail = fmt::format("it is compressed in a way that nobody asked for: {}",
                               exchange.header_list("Content-Encoding"));
    if (!o.error && decoder) o.error = decoder->end();
    if (t.robots && o.error == http_error::body_too_large) o.error = {}; // enough
    if (o.error && !exchange.started() && o.error != std::errc::timed_out) return false;

    const auto location = o.status / 100 == 3 ? exchange.header("Location") : "";
    const bool goes_on = is_redirect(o.status, location) && most_redirects(t) > 0;
    if (goes_on && is_of_body(o.error)) { // which nobody wants to have
        o.error = {};
        o.detail.clear();
        record.reset();
    }
    if (answered_for_now(o.status))
        o.retry_after = parse_retry_after(
            exchange.header("Retry-After"),
            std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    if (!o.error) {
        o.sha256 = hash.finish();
        if (file && o.status / 100 == 2) f.page.emplace(std::move(*file));
        if (exchange.to_send().empty() && exchange.keep_alive())
            idle_connections_.put(way.key, std::move(c));
        if (goes_on) f.location = location;
        if (by_text) f.text.insert(0, std::string{location} + '\n');
        if (record) {
            record->payload_sha256 = coded ? coded->finish() : o.sha256;
            f.archived.push_back(std::move(*record));
        }
    }
    if (disk_error) {
        o.error = disk_error;
        o.disk_failed = !out_of_descriptors(disk_error); // those come back
    }
    return true;
}

void page_fetcher::save(fetched& f) {
    outcome& o = f.o;
    archive_place place;
    std::error_code failed;
    const auto try_to = [&](auto step) {
        while (failed = step(), out_of_descriptors(failed)) // they come back
            if (!idle_connections_.close_oldest())
                boost::this_fiber::sleep_for(descriptor_pause);
        return !failed;
    };
    for (const archived_exchange& one : f.archived)
        if (!try_to([&] { return archive_->add(one, place); })) break;
    if (f.page && try_to([&] { return f.page->finish(); })) place.file = f.page->name();
    o.disk_failed = bool{failed};
    if (failed) o.error = failed;
    if (failed) o.next.reset();
    if (o.error) {
        o.sha256.clear();
    } else {
        o.file = place.file;
        if (archive_) o.offset = place.offset;
    }
}

std::error_code page_fetcher::flush() {
    if (!archive_) return {};
    point("worker: page written");
    const auto error = archive_->flush();
    point("worker: page renamed");
    return error;
}

void page_fetcher::finish() {
    if (archive_) archive_->close();
}

} // namespace ladder::fetcher
