#include "page_fetcher.hpp"

#include "content_decoder.hpp"
#include "exchange_record.hpp"
#include "fibers_on_asio/no_lock.hpp"
#include "page_request.hpp"
#include "request_lines.hpp"
#include "retries.hpp"
#include "workbench/http_exchange.hpp"
#include "workbench/interleave.hpp"
#include "workbench/timeline.hpp"

#include <boost/fiber/operations.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::fetcher {

using fibers_on_asio::event_loop;
using fibers_on_asio::no_lock;
using processes::unique_fd;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds first_pause{100}; // before the second attempt; then doubled
constexpr milliseconds longest_pause{5000};
constexpr std::size_t text_limit = 1 << 20;  // bytes of a page that are looked at
constexpr milliseconds descriptor_pause{20}; // when there are no descriptors left

/// May the same request work if it is sent again?
bool worth_another_try(const outcome& o) {
    if (o.disk_failed) return false;
    if (!o.error) return answered_for_now(o.status);
    return o.error == http_error::truncated || (o.error.category() != http_category() &&
                                                o.error.category() != tls_category());
}

/// With the whole URL in the request (RFC 9112 §3.2.2).
http_url for_proxy(http_url url) {
    url.target.insert(0, "http://" + url.authority());
    return url;
}

} // namespace

page_fetcher::page_fetcher(event_loop& loop, const worker_settings& settings,
                           worker_statistics& statistics)
    : settings_(settings),
      statistics_(statistics),
      idle_connections_(settings.concurrency),
      connector_(loop, settings, idle_connections_),
      headers_for_others_(without_secrets(settings.request.headers)) {
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
    const timeline::span span{timeline::kind::waits, shown_url(t.url)};
    const auto start = steady_clock::now();
    const request_settings& how = settings_.request;
    fetched f{.o = {.id = t.id}, .page = {}};
    outcome& o = f.o;
    const page_request request{how, headers_for_others_, t};
    hop h{.url = t.url, .request = &request, .method = request.method()};
    o.error = begin(h);
    add_password(h);
    std::uint32_t retries = 0;
    std::uint32_t redirects = 0;
    std::vector<std::string> seen;
    while (!o.error) {
        o.attempts = retries;
        try_hop(t, h, hash, f);
        retries = o.attempts - 1;
        if (o.given_back || o.error || how.max_redirects == 0 || f.location.empty())
            break;
        o.given_back = stopping_;
        if (o.given_back) break;
        seen.push_back(h.method + ' ' + h.url);
        hop next = h;
        o.error = follow(next, o.status, f.location, how.insecure_redirects);
        if (!o.error &&
            std::ranges::find(seen, next.method + ' ' + next.url) != seen.end())
            o.error = http_error::redirect_loop;
        if (!o.error && seen.size() > how.max_redirects)
            o.error = http_error::too_many_redirects;
        if (o.error) break;
        h = std::move(next);
        add_password(h);
        ++redirects;
    }
    if (o.error) o.sha256.clear();
    o.redirects = redirects;
    if (redirects > 0) o.final_url = h.url;
    o.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(
        steady_clock::now() - start);
    return f;
}

void page_fetcher::add_password(hop& h) const {
    if (passwords_ && h.to.credentials.empty())
        h.to.credentials = passwords_->credentials(h.to.host);
}

/// One request, with all attempts that it takes; `attempts` counts on.
void page_fetcher::try_hop(const task& t, const hop& h, sha256& hash, fetched& f) {
    const std::uint32_t before = f.o.attempts;
    for (milliseconds pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
        attempt(t, h, hash, f);
        if (f.o.attempts - before > settings_.retries || !worth_another_try(f.o)) return;
        no_lock lock;
        f.o.given_back = stopped_.wait_for(lock, pause, [this] { return stopping_; });
        if (f.o.given_back) return;
    }
}

// [attempt]
void page_fetcher::attempt(const task& t, const hop& h, sha256& hash, fetched& f) {
    auto deadline = steady_clock::now() + settings_.timeout;
    outcome& o = f.o;
    o = {.id = o.id, .attempts = o.attempts + 1}; // nothing of the one before
    f.location.clear();

    const route way = connector_.way_to(h.to);
    if (auto idle = idle_connections_.take(way.key)) {
        // The server may have closed it just now. If nothing of an answer was seen, the
        // request goes out again on a fresh one (RFC 9112 §9.3.1).
        if (exchange_on(*idle, t, h, way, deadline, hash, f)) return;
    }
    o.error = {};
    if (auto fresh = connector_.connect(way, h.to, deadline, o))
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
    if (folder_ && !archive_) file.emplace(folder_.get(), t.id, settings_.parts);
    std::error_code disk_error;
    std::uint64_t bytes = 0;
    const bool by_text = settings_.match.by_text();
    f.text.clear();
    http_exchange* self = nullptr;
    const auto store = [&](std::string_view piece) {
        bytes += piece.size();
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
    const request_settings& how = settings_.request;
    std::string_view headers = h.request->headers(h.with_secrets);
    std::string with_proxy;
    const bool to_proxy = way.how == route::by::http_proxy;
    if (to_proxy) headers = with_proxy.append(headers) += connector_.proxy_headers(way);
    http_exchange exchange{
        to_proxy ? for_proxy(h.to) : h.to,
        {.max_body = settings_.max_bytes,
         .user_agent = settings_.user_agent,
         .method = h.method,
         .headers = headers,
         .body = h.with_body ? h.request->body() : "",
         .sink =
             [&](std::string_view piece) {
                 worker_statistics::add(statistics_.bytes, piece.size());
                 if (how.compressed && !std::exchange(begun, true))
                     decoder =
                         content_decoder::make(self->header("Content-Encoding"),
                                               settings_.max_bytes, store, coding_error);
                 if (coding_error) return coding_error;
                 if (coded) coded->update(piece);
                 return decoder ? decoder->put(piece) : store(piece);
             },
         .raw = keep_raw}};
    self = &exchange;
    if (archive_) {
        record = begin_record(*archive_, exchange.to_send(), h.to, c,
                              way.how == route::by::itself);
        if (how.compressed) coded.emplace();
    }

    const std::error_code error = c.carry(exchange, deadline);
    o.status = exchange.status();
    o.bytes = bytes;
    o.error = error ? error : exchange.error();
    if (!o.error && decoder) o.error = decoder->end();
    if (o.error && !exchange.started() && o.error != std::errc::timed_out) return false;

    if (!o.error) {
        o.sha256 = hash.finish();
        if (file && o.status / 100 == 2) f.page.emplace(std::move(*file));
        if (exchange.keep_alive()) idle_connections_.put(way.key, std::move(c));
        const bool may_redirect = o.status / 100 == 3;
        const auto location = may_redirect ? exchange.header("Location") : "";
        if (is_redirect(o.status, location)) f.location = location;
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

void page_fetcher::stop() noexcept {
    stopping_ = true;
    stopped_.notify_all();
}

std::error_code page_fetcher::sync() {
    const unique_fd open{
        ::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (open && ::syncfs(open.get()) == 0) return {};
    return {errno, std::generic_category()};
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
