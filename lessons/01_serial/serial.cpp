#include "serial.hpp"

#include "workbench/http_exchange.hpp"
#include "workbench/timeline.hpp"

#include <cerrno>
#include <chrono>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ladder::serial {

namespace {

using clock = std::chrono::steady_clock;

std::error_code last_error() {
    // A blocking call that ran into its SO_RCVTIMEO or SO_SNDTIMEO says one of these.
    if (errno == EAGAIN || errno == EINPROGRESS)
        return std::make_error_code(std::errc::timed_out);
    return {errno, std::generic_category()};
}

/// A TCP connection whose every call blocks, at the longest until the deadline.
class connection {
public:
    explicit connection(clock::time_point deadline) : deadline_(deadline) {}

    ~connection() { close(); }

    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    void connect(const http_url& url, std::error_code& error) {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        addrinfo* found = nullptr;
        if (getaddrinfo(url.node().c_str(), url.port.c_str(), &hints, &found) != 0) {
            error = http_error::host_not_found;
            return;
        }
        const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses{found,
                                                                       freeaddrinfo};
        std::size_t left = 0;
        for (const addrinfo* a = found; a; a = a->ai_next)
            ++left;
        for (const addrinfo* a = found; a; a = a->ai_next, --left) {
            close();
            socket_ = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, 0);
            if (socket_ < 0)
                throw std::system_error{errno, std::generic_category(), "socket"};
            // One that stays silent leaves the others their share of the time.
            limit_next_call((deadline_ - clock::now()) / left);
            error = {};
            if (::connect(socket_, a->ai_addr, a->ai_addrlen) == 0) return;
            error = last_error();
        }
    }

    std::size_t write(std::string_view bytes, std::error_code& error) {
        limit_next_call(deadline_ - clock::now());
        return check(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), error);
    }

    std::size_t read(std::span<char> room, std::error_code& error) {
        limit_next_call(deadline_ - clock::now());
        return check(::recv(socket_, room.data(), room.size(), 0), error);
    }

private:
    void limit_next_call(clock::duration time) {
        using namespace std::chrono;
        // Zero would mean "no limit".
        const auto left = std::max(duration_cast<microseconds>(time), microseconds{1});
        const timeval limit{.tv_sec = left.count() / 1'000'000,
                            .tv_usec = left.count() % 1'000'000};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    }

    static std::size_t check(ssize_t result, std::error_code& error) {
        if (result < 0) error = last_error();
        return result < 0 ? 0 : static_cast<std::size_t>(result);
    }

    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }

    clock::time_point deadline_;
    int socket_ = -1;
};

} // namespace

// [fetch]
page fetch(const std::string& url, const fetch_options& options) {
    const timeline::span span{timeline::kind::waits, shown_url(url)};
    const auto start = clock::now();
    page result{.url = url};

    const http_url parts = parse_url(url, result.error);
    http_exchange exchange{parts, {.max_body = options.max_body}};
    connection connection{start + options.timeout};

    if (!result.error) connection.connect(parts, result.error);
    while (!result.error && !exchange.to_send().empty())
        exchange.sent(connection.write(exchange.to_send(), result.error));
    while (!result.error && !exchange.done()) {
        const auto size = connection.read(exchange.room(), result.error);
        if (!result.error) exchange.received(size);
    }

    if (!result.error) result.error = exchange.error();
    result.status = exchange.status();
    if (!result.error) result.body = exchange.take_body();
    result.elapsed =
        std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - start);
    return result;
}

// [/fetch]

// [fetch_all]
std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options) {
    std::vector<page> pages;
    pages.reserve(urls.size());
    // [loop]
    for (const std::string& url : urls)
        pages.push_back(fetch(url, options));
    // [/loop]
    return pages;
}

// [/fetch_all]

} // namespace ladder::serial
