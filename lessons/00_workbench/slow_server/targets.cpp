// Every fault that slow_server has on offer, one function each, and the table of them.

#include "targets.hpp"

#include "workbench/slow_server.hpp"
#include "workbench/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace ladder::server {
namespace {

constexpr std::uint64_t one_day = 86'400'000; // in milliseconds
constexpr std::uint64_t largest_body = 10'000'000'000;

std::optional<std::uint64_t> to_number(std::string_view text) {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || rest != end) return std::nullopt;
    return number;
}

/// A number in the query; `otherwise` if it is not there, `largest` if it is more.
std::uint64_t number_in_query(const request& r, std::string_view name,
                              std::uint64_t otherwise, std::uint64_t largest) {
    return std::min(to_number(r.parameter(name)).value_or(otherwise), largest);
}

void page(client& c, std::uint64_t number) {
    c.reply({.type = "text/html", .body = slow_server::page_body(number)});
}

void on_page(client& c, const request& r) {
    const auto delay = number_in_query(r, "delay", 0, one_day);
    if (delay == 0) return page(c, r.number);
    c.after(std::chrono::milliseconds{delay}, [&c, n = r.number] { page(c, n); });
}

void on_delay(client& c, const request& r) {
    c.after(std::chrono::milliseconds{r.number},
            [&c, n = r.number] { c.reply({.body = fmt::format("waited {} ms\n", n)}); });
}

/// Sends the rest of `/bytes/N`, without ever holding more than a piece of it.
void send_bytes(client& c, std::uint64_t from, std::uint64_t to) {
    if (from == to) return c.finish();
    const auto piece = slow_server::bytes_at(from).substr(0, to - from);
    c.send_static(piece,
                  [&c, from = from + piece.size(), to] { send_bytes(c, from, to); });
}

void on_bytes(client& c, const request& r) {
    std::string head;
    c.write_head(head, {});
    head += fmt::format("Content-Length: {}\r\n\r\n", r.number);
    c.send(std::move(head), [&c, n = r.number] { send_bytes(c, 0, n); });
}

/// Sends the rest of `/chunked/N`, in chunks that match no buffer size.
void send_chunks(client& c, std::uint64_t from, std::uint64_t to) {
    if (from == to)
        return c.send(fmt::format("0\r\nX-Body-Size: {}\r\n\r\n", to),
                      [&c] { c.finish(); });
    constexpr std::array<std::uint64_t, 6> sizes = {1, 7, 97, 1'021, 8'191, 40'009};
    const auto chunk = slow_server::bytes_at(from).substr(
        0, std::min(sizes[from % sizes.size()], to - from));
    c.send(fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk),
           [&c, from = from + chunk.size(), to] { send_chunks(c, from, to); });
}

void on_chunked(client& c, const request& r) {
    std::string head;
    c.write_head(head, {.headers = "Trailer: X-Body-Size\r\n"
                                   "Transfer-Encoding: chunked\r\n"});
    head += "\r\n";
    c.send(std::move(head), [&c, n = r.number] { send_chunks(c, 0, n); });
}

void on_status(client& c, const request& r) {
    if (r.number < 200) return c.reply({.status = 404, .body = "no final status\n"});
    c.reply({.status = static_cast<int>(r.number),
             .body = fmt::format("status {}\n", r.number)});
}

void on_redirect(client& c, const request& r) {
    if (r.number == 0) return page(c, 0);
    const std::string location =
        r.number == 1 ? "/page/0" : fmt::format("/redirect/{}", r.number - 1);
    c.reply({.status = 302,
             .headers = fmt::format("Location: {}\r\n", location),
             .body = "elsewhere\n"});
}

void on_hang(client&, const request&) {} // the client is the one to end it

void on_reset(client& c, const request&) {
    c.reset();
}

/// Sends exactly these bytes and closes.
void send_and_end(client& c, std::string bytes) {
    c.send(std::move(bytes), [&c] { c.finish_and_end(); });
}

void on_truncate(client& c, const request&) {
    send_and_end(c, fmt::format("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}",
                                slow_server::bytes_body(500)));
}

void drip(client& c, std::uint64_t left, std::chrono::milliseconds every) {
    if (left == 0) return c.finish();
    c.after(every, [&c, left, every] {
        c.send_static(".", [&c, left, every] { drip(c, left - 1, every); });
    });
}

void on_drip(client& c, const request& r) {
    const auto bytes = number_in_query(r, "bytes", 10, largest_body);
    const std::chrono::milliseconds every{number_in_query(r, "every", 100, one_day)};
    std::string head;
    c.write_head(head, {});
    head += fmt::format("Content-Length: {}\r\n\r\n", bytes);
    c.send(std::move(head), [&c, bytes, every] { drip(c, bytes, every); });
}

void on_broken_chunk(client& c, const request&) {
    send_and_end(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "5\r\nhello\r\nno number\r\nworld\r\n0\r\n\r\n");
}

void on_bad_header(client& c, const request&) {
    send_and_end(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                    "this line has no colon\r\n\r\nhello");
}

void on_huge_header(client& c, const request&) {
    std::string headers;
    for (int i = 0; i < 64; ++i)
        headers += fmt::format("X-Padding-{}: {:x>4400}\r\n", i, "");
    c.reply({.headers = headers, .body = "at last\n"});
}

void on_flaky(client& c, const request& r) {
    if (r.count <= r.number) return c.reply({.status = 503, .body = "not yet\n"});
    c.reply({.body = fmt::format("answered at try {}\n", r.count)});
}

void on_retry_after(client& c, const request& r) {
    if (r.count > 1) return c.reply({.body = "welcome back\n"});
    c.reply({.status = 503,
             .headers = fmt::format("Retry-After: {}\r\n", r.number),
             .body = "not yet\n"});
}

void on_close(client& c, const request&) {
    c.end_after_this_answer();
    c.reply({.body = "goodbye\n"});
}

void on_stale(client& c, const request&) {
    c.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n"
           "Connection: keep-alive\r\n\r\nuntil now\n",
           [&c] { c.close(); });
}

void on_http10(client& c, const request&) {
    send_and_end(c, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nthe old way\n");
}

void on_early_hints(client& c, const request&) {
    c.send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n",
           [&c] { c.reply({.body = "and now the answer\n"}); });
}

void on_gate(client& c, const request& r) {
    c.wait_at_gate(fmt::format("{} {}", r.number, r.parameter("name")), r.number);
}

void on_stats(client& c, const request&) {
    const counters& counts = c.counts();
    std::string targets;
    for (const auto& [target, count] : counts.per_target)
        targets += fmt::format("{}{}:{}", targets.empty() ? "" : ",", json_string(target),
                               count);
    c.reply({.type = "application/json",
             .body = fmt::format(
                 R"({{"requests":{},"in_flight":{},"peak_in_flight":{},"connections":{},)"
                 R"("open_connections":{},"per_target":{{{}}}}})",
                 counts.requests, counts.in_flight, counts.peak_in_flight,
                 counts.connections, counts.open_connections, targets)});
}

void on_stats_reset(client& c, const request&) {
    c.counts().reset();
    c.reply({.body = "all counters are 0\n"});
}

void on_help(client& c, const request&);

/// A target is `/path`, or `/path/NUMBER` if `number` says what that stands for.
struct target {
    std::string_view path;
    std::string_view number;
    std::uint64_t largest;
    std::string_view query;
    std::string_view help;
    void (*answer)(client&, const request&);
};

constexpr std::array targets = {
    target{"page", "N", ~0ull, "?delay=MS", "page N, the same every time", on_page},
    target{"delay", "MS", one_day, "", "an answer after MS milliseconds", on_delay},
    target{"bytes", "N", largest_body, "", "N bytes", on_bytes},
    target{"chunked", "N", largest_body, "", "the same N bytes, chunked, with a trailer",
           on_chunked},
    target{"status", "CODE", 999, "", "an answer with that status", on_status},
    target{"redirect", "N", ~0ull, "", "N redirections, then /page/0", on_redirect},
    target{"gate", "N", 1'000'000, "?name=TEXT", "waits until N wait at the gate",
           on_gate},
    target{"flaky", "N", ~0ull, "", "503 for the first N times, then 200", on_flaky},
    target{"retry-after", "S", one_day, "", "503 and Retry-After: S once, then 200",
           on_retry_after},
    target{"hang", "", 0, "", "no answer, ever", on_hang},
    target{"drip", "", 0, "?bytes=N&every=MS", "one byte at a time", on_drip},
    target{"reset", "", 0, "", "a connection reset (RST) for an answer", on_reset},
    target{"truncate", "", 0, "", "ends in the middle of the body", on_truncate},
    target{"broken-chunk", "", 0, "", "a chunk whose size is no number", on_broken_chunk},
    target{"bad-header", "", 0, "", "a header line without a colon", on_bad_header},
    target{"huge-header", "", 0, "", "280 KB of header", on_huge_header},
    target{"early-hints", "", 0, "", "a 103 before the 200", on_early_hints},
    target{"close", "", 0, "", "answers and closes the connection", on_close},
    target{"keep-alive-then-close", "", 0, "",
           "promises to keep the connection, and closes it", on_stale},
    target{"http10", "", 0, "", "HTTP/1.0; the body ends with the connection", on_http10},
    target{"stats", "", 0, "", "what was asked for, as JSON; not counted itself",
           on_stats},
    target{"stats/reset", "", 0, "", "sets the counters back", on_stats_reset},
    target{"", "", 0, "", "this list", on_help},
};

void on_help(client& c, const request&) {
    c.reply({.body = help_text()});
}

bool matches(const target& t, request& r) {
    if (t.number.empty()) return r.path == t.path;
    if (!r.path.starts_with(t.path)) return false;
    const auto rest = r.path.substr(t.path.size());
    if (!rest.starts_with('/')) return false;
    const auto number = to_number(rest.substr(1));
    r.number = number.value_or(0);
    return number && *number <= t.largest;
}

} // namespace

std::string_view request::parameter(std::string_view name) const {
    for (std::string_view rest = query; !rest.empty();) {
        const auto pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
            return pair.substr(name.size() + 1);
    }
    return {};
}

std::string help_text() {
    std::string text = "What can be asked for, with GET:\n";
    for (const target& t : targets)
        text += fmt::format("  {:<26}  {}\n",
                            fmt::format("/{}{}{}{}", t.path, t.number.empty() ? "" : "/",
                                        t.number, t.query),
                            t.help);
    return text;
}

void answer(client& c, request& r) {
    for (const target& t : targets)
        if (matches(t, r)) return t.answer(c, r);
    c.reply({.status = 404, .body = "no such target; / has a list\n"});
}

} // namespace ladder::server
