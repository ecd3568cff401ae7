#pragma once

#include "http_url.hpp"
#include "page.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace ladder {

/// What can be wrong with a URL or an answer. What the network does wrong is reported
/// with the operating system's own codes (`std::errc`).
enum class http_error {
    bad_url = 1,        ///< Not an absolute URL.
    not_http,           ///< A scheme other than `http`.
    host_not_found,     ///< The host's name has no address.
    truncated,          ///< The connection ended before the answer did.
    malformed,          ///< Not HTTP/1.x.
    header_too_large,   ///< More than `http_exchange::header_limit` bytes of header.
    body_too_large,     ///< More than `max_body` bytes of body.
    bad_redirect,       ///< To a scheme that is not of the web, or to no URL at all.
    insecure_redirect,  ///< From `https` to `http`.
    redirect_loop,      ///< To where it was before.
    too_many_redirects, ///< More than were allowed.
    proxy_refused,      ///< The proxy does not connect us.
    bad_compression,    ///< Cut, broken, or of a kind that nobody asked for.
    too_slow,           ///< Fewer bytes in a time than asked for.
    host_closed,        ///< Not asked: the host wants to be left alone for long.
    robots_disallow,    ///< Not asked: the host's robots.txt does not want that.
};

std::error_code make_error_code(http_error) noexcept;
/// Of these codes, and of no others.
const std::error_category& http_category() noexcept;

struct http_options {
    std::uint64_t max_body = 64'000'000;                  ///< Bytes.
    std::string_view user_agent = "concurrency-ladder/1"; ///< Without CR and LF.
    std::string_view method = "GET";
    /// Lines like "Name: value", each with CR LF at its end. One that has the name of a
    /// line that is sent anyway takes its place; without a value, neither is sent.
    std::string_view headers{};
    std::string_view body{}; ///< Sent with its length, unless it is empty.
    /// Receives the body piece by piece instead of `body()`. An error that it returns
    /// ends the exchange with that error.
    std::function<std::error_code(std::string_view piece)> sink = {};
    /// Receives the whole answer as well, header and all, as it comes.
    std::function<std::error_code(std::string_view bytes)> raw = {};
};

/// One HTTP/1.1 request without any I/O: it says which bytes to send and takes the bytes
/// that were received. Whoever owns it does the waiting; that is all in which the rungs
/// of the ladder differ.
///
///     while (!exchange.to_send().empty())
///         exchange.sent(write(socket, exchange.to_send()));
///     while (!exchange.done())
///         exchange.received(read(socket, exchange.room()));
///
/// Not thread-safe; may be moved between threads and fibers while nobody calls it.
/// RFC 9110 and RFC 9112.
class http_exchange {
public:
    static constexpr std::size_t header_limit = 262'144; ///< Bytes, of all fields.

    explicit http_exchange(const http_url& url, http_options options = {});
    ~http_exchange();
    http_exchange(http_exchange&&) noexcept;
    http_exchange& operator=(http_exchange&&) noexcept;

    /// What is left to send; empty when all is sent.
    std::string_view to_send() const noexcept;
    /// `size` bytes of `to_send()` went out.
    void sent(std::size_t size) noexcept;

    /// Room for received bytes; never empty. Valid until the next call of a member.
    std::span<char> room();
    /// `size` bytes were put into `room()`; 0 means that the peer has closed.
    void received(std::size_t size);

    /// The answer is complete, or there is an error.
    bool done() const noexcept;
    std::error_code error() const noexcept;
    /// An answer has begun. What is none, such as the late rest of the one before on that
    /// connection, does not count.
    bool started() const noexcept;
    /// The connection may carry another exchange after this one (RFC 9112 §9.3).
    bool keep_alive() const noexcept;

    /// 0 until the header of the final answer is complete.
    int status() const noexcept;
    /// The first header of that name, in any case; empty when there is none.
    std::string_view header(std::string_view name) const;
    /// All of them, which are one list: "gzip, br" (RFC 9110 §5.3).
    std::string header_list(std::string_view name) const;
    /// Bytes of body received so far, without any transfer coding.
    std::uint64_t body_size() const noexcept;
    /// The body, moved out; empty when there is a sink.
    std::string take_body();

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace ladder

template <>
struct std::is_error_code_enum<ladder::http_error> : std::true_type {};
