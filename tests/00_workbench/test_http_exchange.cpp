// In one thread: ThreadSanitizer has nothing to say here.

#include "feed.hpp"
#include "workbench/http_exchange.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using ladder::exchange_result;
using ladder::feed;
using ladder::http_error;
using ladder::http_exchange;
using ladder::http_url;
using ladder::parse_url;

namespace {

struct example {
    std::string answer;
    exchange_result expected;
};

exchange_result good(int status, std::string body) {
    return {.done = true, .status = status, .body = std::move(body)};
}

exchange_result bad(http_error error, int status = 0) {
    return {.done = true, .error = error, .status = status};
}

std::vector<example> examples() {
    return {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", good(200, "hello")},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", good(200, "")},
        {"HTTP/1.1 204 No Content\r\n\r\n", good(204, "")},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", good(404, "no")},
        {"HTTP/1.0 200 OK\r\n\r\nuntil the end", good(200, "until the end")},
        {"HTTP/1.1 200 OK\r\n\r\n", good(200, "")},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
         "3\r\nabc\r\n1;ext=1\r\nd\r\n0\r\nTrailer: x\r\n\r\n",
         good(200, "abcd")},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
         good(200, "x")},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
         bad(http_error::truncated, 200)},
        {"HTTP/1.1 200 OK\r\nContent-Le", bad(http_error::truncated)},
        {"", bad(http_error::truncated)},
        {"HTTP/1.1 103 Early Hints\r\n\r\n", bad(http_error::truncated)},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
         bad(http_error::truncated, 200)},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
         bad(http_error::malformed, 200)},
        {"SSH-2.0-OpenSSH_9.2\r\n\r\n", bad(http_error::malformed)},
        {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", bad(http_error::malformed)},
    };
}

} // namespace

TEST_CASE("an answer is the same however it is cut in two") {
    for (const auto& [answer, expected] : examples()) {
        INFO(answer);
        for (std::size_t cut = 1; cut <= answer.size(); ++cut) {
            INFO("after byte " << cut);
            bool first = true;
            CHECK(feed(answer, [&](std::size_t left) {
                      return std::exchange(first, false) ? cut : left;
                  }) == expected);
        }
        CHECK(feed(answer, [](std::size_t left) { return left; }) == expected);
    }
}

TEST_CASE("an answer is the same byte by byte, and in every equal pieces") {
    for (const auto& [answer, expected] : examples()) {
        INFO(answer);
        for (std::size_t size = 1; size <= answer.size(); ++size) {
            INFO("pieces of " << size);
            CHECK(feed(answer, [&](std::size_t) { return size; }) == expected);
        }
    }
}

TEST_CASE("a header may be as large as the limit and no larger") {
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{1000}, std::size_t{1 << 20}}) {
        const auto answer = [](std::size_t size) {
            const std::string head = "HTTP/1.1 204 x\r\nA: ";
            return head + std::string(size - head.size() - 4, 'a') + "\r\n\r\n";
        };
        const auto by = [&](std::size_t) { return piece; };
        CHECK(feed(answer(http_exchange::header_limit - 100), by) == good(204, ""));
        CHECK(feed(answer(http_exchange::header_limit + 100), by) ==
              bad(http_error::header_too_large));
        CHECK(feed(answer(10 * http_exchange::header_limit), by) ==
              bad(http_error::header_too_large));
    }
}

TEST_CASE("a body may be as large as the limit and no larger") {
    const auto whole = [](std::size_t left) { return left; };
    const std::string sized = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    const std::string until_end = "HTTP/1.1 200 OK\r\n\r\nhello";
    for (const auto& answer : {sized, chunked, until_end}) {
        INFO(answer);
        CHECK(feed(answer, whole, 5) == good(200, "hello"));
        CHECK(feed(answer, whole, 4).error == http_error::body_too_large);
    }
}

TEST_CASE("a long body passes through") {
    const std::string body(1'000'000, 'b');
    const std::string head =
        fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.size());
    CHECK(feed(head + body, [](std::size_t) { return 7777; }) == good(200, body));
}

TEST_CASE("a sink gets the body instead, and its error ends the exchange") {
    std::string got;
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    const auto run = [&](std::error_code sink_error) {
        http_exchange exchange{{"h", "80", "/"}, {.sink = [&](std::string_view piece) {
                                   got += piece;
                                   return sink_error;
                               }}};
        std::memcpy(exchange.room().data(), answer.data(), answer.size());
        exchange.received(answer.size());
        CHECK(exchange.done());
        CHECK(exchange.body_size() == 5);
        CHECK(exchange.take_body().empty());
        return exchange.error();
    };
    CHECK_FALSE(run({}));
    CHECK(got == "hello");
    const auto full = std::make_error_code(std::errc::no_space_on_device);
    CHECK(run(full) == full);
}

TEST_CASE("a connection is kept when both sides may and nothing is left over") {
    const auto keeps = [](std::string_view answer) {
        http_exchange exchange{{"h", "80", "/"}};
        std::memcpy(exchange.room().data(), answer.data(), answer.size());
        exchange.received(answer.size());
        return exchange.keep_alive();
    };
    CHECK(keeps("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"));
    CHECK_FALSE(keeps("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx and more"));
    CHECK_FALSE(
        keeps("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"));
    CHECK_FALSE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"));
    CHECK_FALSE(keeps("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx"));
}

TEST_CASE("headers are found in any case") {
    http_exchange exchange{{"h", "80", "/"}};
    const std::string answer = "HTTP/1.1 503 x\r\nretry-after: 7\r\nContent-Length: 0\r\n"
                               "Via: a\r\nvia: b, c\r\nVIA:\r\n\r\n";
    std::memcpy(exchange.room().data(), answer.data(), answer.size());
    exchange.received(answer.size());
    CHECK(exchange.header("Retry-After") == "7");
    CHECK(exchange.header("Location").empty());
    CHECK(exchange.header("Via") == "a");
    CHECK(exchange.header_list("Via") == "a, b, c, ");
    CHECK(exchange.header_list("Location") == "");
}

TEST_CASE("the request says what it must and nothing that the URL smuggles in") {
    std::error_code error;
    const http_url url = parse_url("http://example.org:8080/a%20b?c=d#e", error);
    REQUIRE_FALSE(error);
    http_exchange exchange{url, {.user_agent = "test/1"}};
    CHECK(exchange.to_send() == "GET /a%20b?c=d HTTP/1.1\r\n"
                                "Host: example.org:8080\r\n"
                                "User-Agent: test/1\r\n"
                                "Accept: */*\r\n\r\n");
    exchange.sent(4);
    CHECK(exchange.to_send().starts_with("/a%20b"));
    exchange.sent(1000);
    CHECK(exchange.to_send().empty());
    CHECK_THROWS_AS((http_exchange{url, {.user_agent = "a\r\nb: c"}}),
                    std::invalid_argument);
}
