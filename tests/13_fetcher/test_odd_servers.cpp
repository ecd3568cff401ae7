// The program against servers that are not as they should be, and lists as people have
// them. Each odd thing is a line in a table.

#include "fetcher_program.hpp"
#include "late_answers.hpp"
#include "raw_server.hpp"
#include "unused_port.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace ladder::fetcher::test;
using ladder::raw_server;

namespace {

raw_server::answer right(std::string_view, int) {
    return {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright"};
}

struct odd_answer {
    const char* what;
    std::string bytes;
    std::string body;
};

const std::vector<odd_answer> odd_answers{
    {"LF for CR LF", "HTTP/1.1 200 OK\nContent-Length: 1\n\nx", "x"},
    {"no reason phrase", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", "x"},
    {"HTTP/1.2", "HTTP/1.2 200 OK\r\nContent-Length: 1\r\n\r\nx", "x"},
    {"LF between chunks",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\n2\nyz\n0\n\n", "xyz"},
    {"many cookies",
     "HTTP/1.1 200 OK\r\nSet-Cookie: " + std::string(200'000, 'c') +
         "\r\nContent-Length: 1\r\n\r\nx",
     "x"},
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("what a server sends late is not the next page") {
    for (const ladder::late_answer& late : ladder::late_answers) {
        INFO(late.what);
        const raw_server server = ladder::late_server(late);
        const auto ended = run({server.url("/first"), server.url("/2"), server.url("/3"),
                                "-p", "1", "-c", "1", "--quiet", "--retries", "0"});
        const auto results = results_by_url(ended.out);
        REQUIRE(results.size() == 3);
        CHECK(results.at(server.url("/first")).error == "");
        for (const char* target : {"/2", "/3"})
            CHECK(results.at(server.url(target)).sha256 == digest("right"));
        CHECK(server.connections() == 2);
        CHECK(server.requests().size() == 3);
    }
}

TEST_CASE("what is no answer, on a kept connection, costs nobody a page") {
    // The server answers the second request with bytes that are no HTTP, as the rest of
    // something; on a new connection it does better.
    const raw_server server{[](std::string_view head, int before) {
        return before == 0 ? right(head, before) : raw_server::answer{"the rest of it"};
    }};
    const auto ended = run({server.url("/1"), server.url("/2"), "-p", "1", "-c", "1",
                            "--quiet", "--retries", "0"});
    const auto results = results_by_url(ended.out);
    CHECK(results.at(server.url("/2")).sha256 == digest("right"));
    CHECK(server.connections() == 2);
}

TEST_CASE("odd answers are read at once") {
    for (const auto& [what, bytes, body] : odd_answers) {
        INFO(what);
        const raw_server server{[&bytes = bytes](std::string_view, int) {
            return raw_server::answer{bytes}; // and it stays open
        }};
        const auto ended = run({server.url("/"), server.url("/2"), "-p", "1", "--quiet"});
        CHECK(ended.status == 0);
        for (const auto& r : parse_results(ended.out))
            CHECK(r.sha256 == digest(body));
    }
}

TEST_CASE("a password is sent, and shown to nobody") {
    const raw_server server{right};
    const ladder::unused_port closed;
    const scratch_folder folder;
    const std::string secret =
        fmt::format("http://u:secret@127.0.0.1:{}/", server.port());
    const std::string failing =
        fmt::format("http://u:secret@127.0.0.1:{}/", closed.number());
    const auto ended =
        run({secret, failing, "http://u:sec/ret@host/", "http://u:secret@a b/", "-p", "1",
             "--retries", "0", "--progress", "always", "--results", folder / "results"});
    const std::string results = read_file(folder / "results");
    CHECK(count_lines(results) == 4);
    REQUIRE(server.requests().size() == 1);
    CHECK(has(server.requests()[0], "\r\nAuthorization: Basic dTpzZWNyZXQ=\r\n"));
    CHECK(has(results, fmt::format("http://u:***@127.0.0.1:{}/", server.port())));
    CHECK(has(ended.err, fmt::format("http://u:***@127.0.0.1:{}/", closed.number())));
    for (const std::string& text : {results, ended.err, ended.out})
        CHECK_FALSE((has(text, "secret") || has(text, "sec/ret")));
}

TEST_CASE("what is of this machine alone is not sent") {
    const raw_server server{right, "::1"};
    const auto ended = run({fmt::format("http://[::1%25lo]:{}/", server.port()), "-q"});
    CHECK(ended.status == 0);
    REQUIRE(server.requests().size() == 1);
    CHECK(
        has(server.requests()[0], fmt::format("\r\nHost: [::1]:{}\r\n", server.port())));
    CHECK_FALSE(has(server.requests()[0], "lo"));
}

TEST_CASE("URLs as people have them are asked for as they should be") {
    const raw_server server{right};
    const scratch_folder folder;
    const std::string start = server.url("");
    write_file(folder / "list",
               "\xef\xbb\xbf" + start + "/first\r\n" + "  \t \r\n" + "\t " + start +
                   "/blanks around \t\n" + "# no URL\n  # nor this\n\r\n" +
                   "\xef\xbb\xbf  " + start + "/second-list\n" + start +
                   "/?q=[a]|{b}\"^`\n" + start + "/\xc3\xa4?\xc3\xb6#\xc3\xbc\n" + start +
                   "/%7e%2F\n" + "   \n" + start + "/last");
    const auto ended = run({"-i", folder / "list", "-p", "1", "-c", "1"});
    CHECK(ended.status == 0);
    CHECK(has(ended.err, "7 of 7 pages"));
    std::vector<std::string> targets;
    for (const std::string& head : server.requests())
        targets.push_back(head.substr(4, head.find(" HTTP/1.1") - 4));
    CHECK(targets == std::vector<std::string>{"/first", "/blanks%20around",
                                              "/second-list",
                                              "/?q=%5Ba%5D%7C%7Bb%7D%22%5E%60",
                                              "/%C3%A4?%C3%B6", "/%7e%2F", "/last"});
}

TEST_CASE("what nobody sees around a URL is no part of it, wherever it stands") {
    const raw_server server{right};
    const scratch_folder folder;
    const std::string start = server.url("");
    write_file(folder / "list",
               start + "/a # a note\n" + start + "/b\t#\n" + start +
                   "/c#d\n{\"url\":\"\\ufeff " + start +
                   "/e \",\"method\":\"PUT\",\"headers\":{\"A\":\"x # y\"}}\n" + start +
                   "/f\r" + start + "/g");
    const auto ended =
        run({"\xef\xbb\xbf " + start + "/first\xc2\xa0", "-i", folder / "list", "-p", "1",
             "-c", "1", "-q", "-o", folder / "job"});
    CHECK(ended.status == 0);
    std::vector<std::string> targets;
    for (const std::string& head : server.requests())
        targets.push_back(head.substr(0, head.find(" HTTP/1.1")));
    CHECK(targets == std::vector<std::string>{"GET /first", "GET /a", "GET /b", "GET /c",
                                              "PUT /e", "GET /f", "GET /g"});
    CHECK(run({"verify", folder / "job"}).status == 0);
    for (const char* none : {"", " ", "#", "http://a/\r#"}) // as a line of the job
        CHECK(run({none, "-o", folder / "other"}).status == 2);
}
