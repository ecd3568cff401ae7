// Answers as servers send them, one line each, and what is made of them however they are
// cut. `good` and `bad` are as curl and wget have it, but where these would guess.

#include "feed.hpp"
#include "workbench/http_exchange.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <malloc.h>

using namespace std::string_literals;
using ladder::exchange_result;
using ladder::feed;
using ladder::http_error;
using ladder::http_exchange;

namespace {

exchange_result good(int status, std::string body) {
    return {.done = true, .status = status, .body = std::move(body)};
}

exchange_result bad(http_error error, int status = 0) {
    return {.done = true, .error = error, .status = status};
}

const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";

struct odd_answer {
    const char* what;
    std::string bytes;
    exchange_result expected;
};

const odd_answer odd_answers[] = {
    // [lines]
    {"LF for CR LF", "HTTP/1.1 200 OK\nContent-Length: 1\n\nx", good(200, "x")},
    {"both kinds of lines", ok + "Content-Length: 1\n\r\nx", good(200, "x")},
    {"no reason phrase", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", good(200, "x")},
    {"an empty reason phrase", "HTTP/1.1 200 \r\n\r\nx", good(200, "x")},
    {"an odd reason phrase", "HTTP/1.1 200 \xc3\x9f\t\x01\r\n\r\nx", good(200, "x")},
    {"a later minor version", "HTTP/1.2 200 OK\r\n\r\nx", good(200, "x")},
    {"two blanks", "HTTP/1.1  200 OK\r\n\r\nx", good(200, "x")},
    {"empty lines before it", "\r\n\n\r\n" + ok + "\r\nx", good(200, "x")},
    {"another protocol", "ICY 200 OK\r\n\r\nx", bad(http_error::malformed)},
    {"a later major version", "HTTP/2 200 OK\r\n\r\n", bad(http_error::malformed)},
    {"HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n", bad(http_error::malformed)},
    {"two digits", "HTTP/1.1 20 OK\r\n\r\n", bad(http_error::malformed)},
    {"four digits", "HTTP/1.1 2000 OK\r\n\r\n", bad(http_error::malformed)},
    {"a status of 0", "HTTP/1.1 000 OK\r\n\r\n", bad(http_error::malformed)},
    {"no status", "HTTP/1.1\r\n\r\n", bad(http_error::malformed)},
    {"HTTP/0.9", "<html>hello</html>", bad(http_error::malformed)},
    // [fields]
    {"a folded field", ok + "A: b\r\n c\r\nContent-Length:\r\n 1\r\n\r\nx",
     good(200, "x")},
    {"a fold behind the status", ok + " x\r\nContent-Length: 1\r\n\r\nx", good(200, "x")},
    {"a blank before the colon", ok + "Content-Length : 1\r\n\r\nxy", good(200, "x")},
    {"a blank in a name", ok + "A b: c\r\nContent-Length: 1\r\n\r\nx", good(200, "x")},
    {"no name", ok + ": c\r\n\r\n", bad(http_error::malformed)},
    {"a control in a value", ok + "A: \x01\x7f\r\n\r\nx", good(200, "x")},
    {"a NUL in a value", ok + "A: \0\r\n\r\n"s, bad(http_error::malformed)},
    {"a CR in a value", ok + "A: b\rContent-Length: 1\r\n\r\n",
     bad(http_error::malformed)},
    // [lengths]
    {"the same length twice", ok + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nxy",
     good(200, "x")},
    {"and in one field", ok + "Content-Length: 1, 1\r\n\r\nxy", good(200, "x")},
    {"two lengths", ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
     bad(http_error::malformed)},
    {"less than nothing", ok + "Content-Length: -1\r\n\r\nx", bad(http_error::malformed)},
    {"a sign", ok + "Content-Length: +1\r\n\r\nx", bad(http_error::malformed)},
    {"no number", ok + "Content-Length: 1x\r\n\r\nx", bad(http_error::malformed)},
    {"no length", ok + "Content-Length:\r\n\r\nx", bad(http_error::malformed)},
    {"too long for a number", ok + "Content-Length: 99999999999999999999\r\n\r\nx",
     bad(http_error::malformed)},
    {"a body that is none", "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", good(304, "")},
    // [chunks]
    {"LF between chunks", chunked + "3\nabc\n1\nd\n0\n\n", good(200, "abcd")},
    {"a length as well",
     ok + "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
          "1\r\nx\r\n0\r\n\r\n",
     good(200, "x")},
    {"chunked, in capitals", ok + "transfer-encoding: CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n",
     good(200, "x")},
    {"blanks behind a size", chunked + "1  \r\nx\r\n0 ;a\r\n\r\n", good(200, "x")},
    {"zeros before a size", chunked + "0000000000000000001\r\nx\r\n00\r\n\r\n",
     good(200, "x")},
    {"trailers", chunked + "0\r\nA: b\r\nno colon\r\n\r\n", good(200, "")},
    {"no end of the trailers", chunked + "0\r\n", bad(http_error::truncated, 200)},
    {"a chunk that is longer", chunked + "1\r\nxy\r\n0\r\n\r\n",
     bad(http_error::malformed, 200)},
    {"no size", chunked + "\r\n", bad(http_error::malformed, 200)},
    {"a negative size", chunked + "-1\r\n", bad(http_error::malformed, 200)},
    {"0x", chunked + "0x1\r\nx\r\n0\r\n\r\n", bad(http_error::malformed, 200)},
    {"a size of 2^64", chunked + "10000000000000000\r\nx",
     bad(http_error::malformed, 200)},
    {"a size of 2^64 - 1", chunked + "ffffffffffffffff\r\nx",
     bad(http_error::truncated, 200)},
    {"an endless size", chunked + std::string(20'000, '0'),
     bad(http_error::malformed, 200)},
    {"gzip, chunked", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     bad(http_error::malformed)},
    {"chunked twice", ok + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
     bad(http_error::malformed)},
    {"identity", ok + "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nxy",
     good(200, "x")},
    {"many before the answer", "HTTP/1.1 100\n\nHTTP/1.1 102 x\r\n\r\n" + ok + "\r\nx",
     good(200, "x")},
};

} // namespace

TEST_CASE("odd answers are read, or refused, however they are cut") {
    for (const auto& [what, bytes, expected] : odd_answers) {
        INFO(what);
        CHECK(feed(bytes, [](std::size_t left) { return left; }) == expected);
        if (bytes.size() > 1000) continue;
        for (std::size_t size = 1; size < bytes.size(); ++size) {
            INFO("pieces of " << size);
            CHECK(feed(bytes, [&](std::size_t) { return size; }) == expected);
            bool first = true;
            CHECK(feed(bytes, [&](std::size_t left) {
                      return std::exchange(first, false) ? size : left;
                  }) == expected);
        }
    }
}

TEST_CASE("trailers may be as large as a header and no larger") {
    const auto by = [](std::size_t) { return 999; };
    const auto answer = [](std::size_t size) {
        return chunked + "0\r\nA: " + std::string(size, 'a') + "\r\n\r\n";
    };
    CHECK(feed(answer(http_exchange::header_limit - 100), by) == good(200, ""));
    CHECK(feed(answer(http_exchange::header_limit + 100), by) ==
          bad(http_error::header_too_large, 200));
}

TEST_CASE("a header takes the memory that it needs, and no answer takes more than two") {
    const auto memory_of = [](std::size_t header) {
        const std::size_t before = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
        http_exchange exchange{{"h", "80", "/"}};
        std::string bytes = ok + "Cookie: " + std::string(header, 'c');
        while (!bytes.empty()) {
            const auto room = exchange.room();
            const std::size_t size = std::min(room.size(), bytes.size());
            std::memcpy(room.data(), bytes.data(), size);
            exchange.received(size);
            bytes.erase(0, size);
        }
        std::string{}.swap(bytes);
        return ::mallinfo2().uordblks + ::mallinfo2().hblkhd - before;
    };
    CHECK(memory_of(100) < 20'000);
    CHECK(memory_of(http_exchange::header_limit - 100) <
          2 * http_exchange::header_limit + 20'000);
    CHECK(memory_of(10 * http_exchange::header_limit) <
          2 * http_exchange::header_limit + 20'000);
}

TEST_CASE("an answer in which two lengths stand is the last one of its connection") {
    const auto keeps = [](const std::string& answer) {
        http_exchange exchange{{"h", "80", "/"}};
        std::memcpy(exchange.room().data(), answer.data(), answer.size());
        exchange.received(answer.size());
        CHECK(exchange.done());
        return exchange.keep_alive();
    };
    const std::string end = "\r\n\r\n0\r\n\r\n";
    CHECK(keeps(ok + "Transfer-Encoding: chunked" + end));
    CHECK(keeps("HTTP/1.2 200\nTransfer-Encoding: chunked" + end));
    CHECK_FALSE(keeps(ok + "Content-Length: 5\r\nTransfer-Encoding: chunked" + end));
    CHECK_FALSE(keeps("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
                      "Transfer-Encoding: chunked" +
                      end));
    CHECK_FALSE(keeps(ok + "Connection: x, Close\r\nContent-Length: 0\r\n\r\n"));
    CHECK(
        keeps("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n"));
    CHECK_FALSE(keeps("HTTP/1.1 101 x\r\n\r\n"));
    CHECK_FALSE(keeps("HTTP/1.1 204 x\r\n\r\nlate"));
}

TEST_CASE("what is no answer has not begun one") {
    const auto began = [](std::string_view bytes) {
        http_exchange exchange{{"h", "80", "/"}};
        std::memcpy(exchange.room().data(), bytes.data(), bytes.size());
        exchange.received(bytes.size());
        return exchange.started();
    };
    CHECK(began("HTTP/"));
    CHECK(began("\r\nHTTP/1.1"));
    CHECK_FALSE(began("HTTP"));
    CHECK_FALSE(began("\r\n"));
    CHECK_FALSE(began("hello"));
}
