// In one thread: ThreadSanitizer has nothing to say here.

// Answers as servers send them, one line each, and what is made of them however they are
// cut. `read_as` and `no_answer` are as curl has it, but where these would
// guess.

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

exchange_result read_as(int status, std::string body) {
    return {.done = true, .status = status, .body = std::move(body)};
}

exchange_result no_answer(http_error error, int status = 0) {
    return {.done = true, .error = error, .status = status};
}

const std::string head_ok = "HTTP/1.1 200 OK\r\n";
const std::string head_chunked = head_ok + "Transfer-Encoding: chunked\r\n\r\n";

struct odd_answer {
    const char* what;
    std::string bytes;
    exchange_result expected;
};

const odd_answer odd_answers[] = {
    // [lines]
    {"LF for CR LF", "HTTP/1.1 200 OK\nContent-Length: 1\n\nx", read_as(200, "x")},
    {"both kinds of lines", head_ok + "Content-Length: 1\n\r\nx", read_as(200, "x")},
    {"no reason phrase", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", read_as(200, "x")},
    {"an empty reason phrase", "HTTP/1.1 200 \r\n\r\nx", read_as(200, "x")},
    {"an odd reason phrase", "HTTP/1.1 200 \xc3\x9f\t\x01\r\n\r\nx", read_as(200, "x")},
    {"a later minor version", "HTTP/1.2 200 OK\r\n\r\nx", read_as(200, "x")},
    {"two blanks", "HTTP/1.1  200 OK\r\n\r\nx", read_as(200, "x")},
    {"empty lines before it", "\r\n\n\r\n" + head_ok + "\r\nx", read_as(200, "x")},
    {"a tab behind the status", "HTTP/1.1 200\tOK\r\n\r\nx", read_as(200, "x")},
    {"nothing behind the status", "HTTP/1.1 200OK\r\n\r\nx", read_as(200, "x")},
    {"CR CR LF", "HTTP/1.1 200 OK\r\r\nContent-Length: 1\r\r\n\r\r\nxy",
     read_as(200, "x")},
    {"another protocol", "ICY 200 OK\r\n\r\nx", no_answer(http_error::malformed)},
    {"a later major version", "HTTP/2 200 OK\r\n\r\n", no_answer(http_error::malformed)},
    {"HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n", no_answer(http_error::malformed)},
    {"two digits", "HTTP/1.1 20 OK\r\n\r\n", no_answer(http_error::malformed)},
    {"four digits", "HTTP/1.1 2000 OK\r\n\r\n", no_answer(http_error::malformed)},
    {"a status of 0", "HTTP/1.1 000 OK\r\n\r\n", no_answer(http_error::malformed)},
    {"no status", "HTTP/1.1\r\n\r\n", no_answer(http_error::malformed)},
    {"HTTP/0.9", "<html>hello</html>", no_answer(http_error::malformed)},
    // [fields]
    {"a folded field", head_ok + "A: b\r\n c\r\nContent-Length:\r\n 1\r\n\r\nx",
     read_as(200, "x")},
    {"a fold behind the status", head_ok + " x\r\nContent-Length: 1\r\n\r\nx",
     read_as(200, "x")},
    {"a blank before the colon", head_ok + "Content-Length : 1\r\n\r\nxy",
     read_as(200, "x")},
    {"a blank in a name", head_ok + "A b: c\r\nContent-Length: 1\r\n\r\nx",
     read_as(200, "x")},
    {"no name", head_ok + ": c\r\n\r\n", no_answer(http_error::malformed)},
    {"a control in a value", head_ok + "A: \x01\x7f\r\n\r\nx", read_as(200, "x")},
    {"a NUL in a value", head_ok + "A: \0\r\n\r\n"s, no_answer(http_error::malformed)},
    {"a CR in a value", head_ok + "A: b\rContent-Length: 1\r\n\r\n",
     no_answer(http_error::malformed)},
    // [lengths]
    {"the same length twice",
     head_ok + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nxy", read_as(200, "x")},
    {"and in one field", head_ok + "Content-Length: 1, 1\r\n\r\nxy", read_as(200, "x")},
    {"two lengths", head_ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
     no_answer(http_error::malformed)},
    {"less than nothing", head_ok + "Content-Length: -1\r\n\r\nx",
     no_answer(http_error::malformed)},
    {"a sign", head_ok + "Content-Length: +1\r\n\r\nx", no_answer(http_error::malformed)},
    {"no number", head_ok + "Content-Length: 1x\r\n\r\nx",
     no_answer(http_error::malformed)},
    {"no length", head_ok + "Content-Length:\r\n\r\nx", no_answer(http_error::malformed)},
    {"too long for a number", head_ok + "Content-Length: 99999999999999999999\r\n\r\nx",
     no_answer(http_error::malformed)},
    {"a body that is none", "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n",
     read_as(304, "")},
    // [chunks]
    {"LF between chunks", head_chunked + "3\nabc\n1\nd\n0\n\n", read_as(200, "abcd")},
    {"a length as well",
     head_ok + "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
               "1\r\nx\r\n0\r\n\r\n",
     read_as(200, "x")},
    {"chunked, in capitals",
     head_ok + "transfer-encoding: CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n",
     read_as(200, "x")},
    {"chunked in two lines",
     head_ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
               "1\r\nx\r\n0\r\n\r\n",
     read_as(200, "x")},
    {"a word behind a size", head_chunked + "1 x\r\nx\r\n0\r\n\r\n", read_as(200, "x")},
    {"blanks behind a size", head_chunked + "1  \r\nx\r\n0 ;a\r\n\r\n",
     read_as(200, "x")},
    {"zeros before a size", head_chunked + "0000000000000000001\r\nx\r\n00\r\n\r\n",
     read_as(200, "x")},
    {"trailers", head_chunked + "0\r\nA: b\r\nno colon\r\n\r\n", read_as(200, "")},
    {"no end of the trailers", head_chunked + "0\r\n",
     no_answer(http_error::truncated, 200)},
    {"a chunk that is longer", head_chunked + "1\r\nxy\r\n0\r\n\r\n",
     no_answer(http_error::malformed, 200)},
    {"no size", head_chunked + "\r\n", no_answer(http_error::malformed, 200)},
    {"a negative size", head_chunked + "-1\r\n", no_answer(http_error::malformed, 200)},
    {"0x", head_chunked + "0x1\r\nx\r\n0\r\n\r\n", no_answer(http_error::malformed, 200)},
    {"a size of 2^64", head_chunked + "10000000000000000\r\nx",
     no_answer(http_error::malformed, 200)},
    {"a size of 2^64 - 1", head_chunked + "ffffffffffffffff\r\nx",
     no_answer(http_error::truncated, 200)},
    {"an endless size", head_chunked + std::string(20'000, '0'),
     no_answer(http_error::malformed, 200)},
    {"gzip, chunked", head_ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     no_answer(http_error::malformed)},
    {"chunked twice", head_ok + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
     no_answer(http_error::malformed)},
    {"identity", head_ok + "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nxy",
     read_as(200, "x")},
    {"many before the answer",
     "HTTP/1.1 100\n\nHTTP/1.1 102 x\r\n\r\n" + head_ok + "\r\nx", read_as(200, "x")},
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
        return head_chunked + "0\r\nA: " + std::string(size, 'a') + "\r\n\r\n";
    };
    CHECK(feed(answer(http_exchange::header_limit - 100), by) == read_as(200, ""));
    CHECK(feed(answer(http_exchange::header_limit + 100), by) ==
          no_answer(http_error::header_too_large, 200));
}

TEST_CASE("a header takes the memory that it needs, and no answer takes more than two") {
    const auto memory_of = [](std::size_t header) {
        const std::size_t before = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
        http_exchange exchange{{"h", "80", "/"}};
        std::string bytes = head_ok + "Cookie: " + std::string(header, 'c');
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
    CHECK(keeps(head_ok + "Transfer-Encoding: chunked" + end));
    CHECK(keeps("HTTP/1.2 200\nTransfer-Encoding: chunked" + end));
    CHECK_FALSE(keeps(head_ok + "Content-Length: 5\r\nTransfer-Encoding: chunked" + end));
    CHECK_FALSE(keeps("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
                      "Transfer-Encoding: chunked" +
                      end));
    CHECK_FALSE(keeps(head_ok + "Connection: x, Close\r\nContent-Length: 0\r\n\r\n"));
    CHECK(
        keeps("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n"));
    CHECK_FALSE(keeps("HTTP/1.1 101 x\r\n\r\n"));
    CHECK_FALSE(keeps("HTTP/1.1 204 x\r\n\r\nlate"));
}

TEST_CASE("a field that says nothing is not the first one of its name") {
    http_exchange exchange{{"h", "80", "/"}};
    const std::string answer =
        head_ok + "A:\r\nb: \t\r\na: x\r\nB: \r\nA: y\r\nContent-Length: 0\r\n\r\n";
    std::memcpy(exchange.room().data(), answer.data(), answer.size());
    exchange.received(answer.size());
    CHECK(exchange.header("a") == "x");
    CHECK(exchange.header("b") == "");
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
