// Redirects, and what the user has to say about the request.

#include "fetcher/redirect.hpp"
#include "fetcher_program.hpp"
#include "raw_server.hpp"
#include "workbench/http_exchange.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using namespace ladder::fetcher::test;
using namespace ladder::fetcher;
using ladder::http_error;
using ladder::raw_server;
using ladder::slow_server;

namespace {

struct redirect {
    int status;
    const char* from;
    const char* location;
    std::string to; ///< Or what is wrong.
};

const std::vector<redirect> redirects{
    {301, "http://a/b/c?d", "/e", "http://a/e"},
    {302, "http://a/b/c?d", "e", "http://a/b/e"},
    {302, "http://a/b/c?d", "?e", "http://a/b/c?e"},
    {302, "http://a/b/c", "../e", "http://a/e"},
    {302, "http://a/b/c", "../../../e", "http://a/e"},
    {302, "http://a/b/c", "//z/e", "http://z/e"},
    {302, "https://a/b/c", "//z/e", "https://z/e"},
    {302, "http://a", "b", "http://a/b"},
    {307, "http://a/", "http://z:81/x", "http://z:81/x"},
    {308, "http://a/", "HTTPS://z/", "HTTPS://z/"},
    {302, "http://a/", "/b c", "http://a/b%20c"},
    {302, "http://a/", "http://z/b/../c?..", "http://z/c?.."},
    {302, "http://a/", "//z/b/./c", "http://z/b/c"},
    {302, "http://a/b/", "2024-01-01T10:20/x", "http://a/b/2024-01-01T10:20/x"},
    {302, "http://a/b/", "x;u=http://z/", "http://a/b/x;u=http://z/"},
    {302, "http://a/", "/\xc3\xa4?\xc3\xb6=[1]", "http://a/%C3%A4?%C3%B6=%5B1%5D"},
    {302, "http://a/", "/%41%2f", "http://a/%41%2f"},
    {302, "http://a/",
     "http://b\xc3\xbc"
     "cher.test/",
     "http://xn--bcher-kva.test/"},
    {302, "http://a/x#old", "/y", "http://a/y#old"},
    {302, "http://a/x#old", "/y#new", "http://a/y#new"},
    {302, "http://a/", "ftp://z/", "redirected to what is no page of the web"},
    {302, "http://a/", "file:///etc/passwd", "redirected to what is no page of the web"},
    {302, "http://a/", "javascript:alert(1)", "redirected to what is no page of the web"},
    {302, "http://a/", "http://", "redirected to what is no page of the web"},
    {302, "http://a/", "http:///x", "redirected to what is no page of the web"},
    {302, "http://a/", "/x\ty", "redirected to what is no page of the web"},
    {302, "https://a/", "http://a/", "redirected from https to http"},
};

raw_server::answer go_to(const std::string& location, int status = 302) {
    return {fmt::format("HTTP/1.1 {} x\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
                        status, location)};
}

raw_server::answer fine() {
    return {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright"};
}

} // namespace

TEST_CASE("a redirect leads where a browser would go, or nowhere") {
    for (const auto& [status, from, location, to] : redirects) {
        INFO(from << " " << location);
        hop h{.url = from, .method = "GET"};
        REQUIRE_FALSE(begin(h));
        const auto error = follow(h, status, location, false);
        CHECK((error ? error.message() : h.url) == to);
    }
    hop h{.url = "https://a/", .method = "GET"};
    REQUIRE_FALSE(begin(h));
    CHECK_FALSE(follow(h, 302, "http://a/", true));
    CHECK_FALSE(is_redirect(302, ""));
    CHECK_FALSE(is_redirect(304, "/x"));
    CHECK_FALSE(is_redirect(300, "/x"));
}

TEST_CASE("which method is sent on, and to whom the secrets go") {
    struct change {
        int status;
        const char* method;
        const char* then;
        bool body;
    };
    for (const auto& [status, method, then, body] :
         std::vector<change>{{301, "POST", "GET", false},
                             {302, "POST", "GET", false},
                             {303, "POST", "GET", false},
                             {303, "PUT", "GET", false},
                             {307, "POST", "POST", true},
                             {308, "POST", "POST", true},
                             {301, "PUT", "PUT", true},
                             {302, "HEAD", "HEAD", true},
                             {303, "HEAD", "HEAD", true}}) {
        INFO(status << " " << method);
        hop h{.url = "http://u:p@a/", .method = method};
        REQUIRE_FALSE(begin(h));
        REQUIRE_FALSE(follow(h, status, "http://a/x", false));
        CHECK(h.method == then);
        CHECK(h.with_body == body);
        CHECK(h.with_secrets);
        CHECK(h.to.credentials == "u:p");
        REQUIRE_FALSE(follow(h, 307, "http://A/x", false));
        CHECK(h.with_secrets); // the same host
        REQUIRE_FALSE(follow(h, 307, "http://a:81/x", false));
        CHECK_FALSE(h.with_secrets);
        CHECK(h.to.credentials == "");
        REQUIRE_FALSE(follow(h, 307, "http://a/x", false)); // nor when they come back
        CHECK_FALSE(h.with_secrets);
    }
}

TEST_CASE("redirects are followed, counted and named") {
    const slow_server server;
    const scratch_folder folder;
    const auto ended =
        run({server.url("/redirect/3"), "-o", folder / "pages", "--results", "-", "-q"});
    CHECK(ended.status == 0);
    const auto r = parse_results(ended.out).at(0);
    CHECK(r.status == 200);
    CHECK(r.attempts == 1);
    CHECK(read_file(folder / "pages/" + r.file) == slow_server::page_body(0));
    CHECK(contains(ended.out, fmt::format(R"("redirects":3,"final_url":"{}")",
                                          server.url("/page/0"))));
    CHECK(r.file == "pages/0/1"); // never named after where it led
}

TEST_CASE("there is an end to redirects") {
    const slow_server server;
    const auto error_of = [](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--quiet", "--retries", "0"});
        const auto r = parse_results(run(arguments).out).at(0);
        CHECK(r.status == 302);
        return r.error;
    };
    CHECK(error_of({server.url("/redirect/11")}) == "redirected too many times");
    CHECK(error_of({server.url("/redirect/3"), "--max-redirects", "2"}) ==
          "redirected too many times");
    CHECK(error_of({server.url("/redirect/1"), "--max-redirects", "0"}) == "");
    const raw_server circle{[](std::string_view head, int) {
        return go_to(head.starts_with("GET /a ") ? "/b" : "/a");
    }};
    CHECK(error_of({circle.url("/a")}) == "redirected in a circle");
}

TEST_CASE("what is for one host alone is not sent to another") {
    const raw_server other{[](std::string_view, int) { return fine(); }};
    const raw_server first{[&](std::string_view, int) { return go_to(other.url("/")); }};
    const std::string url = fmt::format("http://u:secret@127.0.0.1:{}/", first.port());
    const auto ended = run({url, "-q", "-H", "Cookie: secret", "-H", "X-Mine: yes", "-H",
                            "authorization: secret", "-H", "Host: virtual.test"});
    CHECK(parse_results(ended.out).at(0).sha256 == digest("right"));
    CHECK(contains(first.requests().at(0), "secret"));
    CHECK_FALSE(contains(other.requests().at(0), "secret"));
    CHECK_FALSE(contains(other.requests().at(0), "uthorization"));
    CHECK(contains(other.requests().at(0), "X-Mine: yes"));
    CHECK(contains(first.requests().at(0), "Host: virtual.test"));
    CHECK_FALSE(contains(other.requests().at(0), "virtual.test"));
}

TEST_CASE("a redirect that takes the body away takes with it what was said of it") {
    const raw_server server{[](std::string_view head, int) {
        return head.starts_with("POST") ? go_to("/b") : fine();
    }};
    run({server.url("/"), "-q", "--data", "x", "-H", "Content-Type: a/b", "-H",
         "X-Mine: yes"});
    CHECK(contains(server.requests().at(0), "Content-Type: a/b"));
    const std::string then = server.requests().at(1);
    CHECK(contains(then, "GET /b ")); // behind the body, which the server did not read
    CHECK_FALSE(contains(then, "Content-"));
    CHECK(contains(then, "X-Mine: yes"));
}

TEST_CASE("a redirect is followed when only its body is bad") {
    for (const std::string rest :
         {"Content-Length: 9\r\n\r\ncut", "Content-Encoding: gzip\r\n\r\nbad",
          "Content-Encoding: none\r\nContent-Encoding: such\r\n\r\nbad"}) {
        INFO(rest);
        const raw_server server{[&](std::string_view head, int) -> raw_server::answer {
            if (head.starts_with("GET /b ")) return fine();
            return {"HTTP/1.1 302 x\r\nLocation: /b\r\n" + rest, true};
        }};
        const auto r =
            parse_results(run({server.url("/"), "-q", "--compressed"}).out).at(0);
        CHECK(r.sha256 == digest("right"));
        const auto shown = parse_results(
            run({server.url("/"), "-q", "--compressed", "--max-redirects", "0"}).out);
        CHECK(shown.at(0).error != "");
    }
}

TEST_CASE("codings that are named in several lines are one list") {
    const raw_server server{[](std::string_view, int) -> raw_server::answer {
        return {"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n"
                "Content-Encoding: none\r\nContent-Length: 1\r\n\r\nx"};
    }};
    const auto ended = run({server.url("/"), "-q", "--compressed"});
    CHECK(contains(ended.out, "nobody asked for: identity, none"));
}

TEST_CASE("an answer may come before the data was sent") {
    const scratch_folder folder;
    write_file(folder / "data", std::string(6'000'000, 'x'));
    const raw_server server{[](std::string_view, int) -> raw_server::answer {
        return {"HTTP/1.1 413 x\r\nContent-Length: 3\r\n\r\nbig", true};
    }};
    const auto ended = run({server.url("/"), "-q", "--data-file", folder / "data"});
    const auto r = parse_results(ended.out).at(0);
    CHECK(r.status == 413);
    CHECK(r.error == "");
    CHECK(server.connections() == 1);
}

TEST_CASE("headers, method and data are what the user says") {
    const raw_server server{[](std::string_view, int) { return fine(); }};
    const auto head = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {server.url("/"), "--quiet"});
        CHECK(run(arguments).status == 0);
        return server.requests().back();
    };
    CHECK(
        contains(head({"-H", "X-A: b", "-H", "X-C: d"}), "\r\nX-A: b\r\nX-C: d\r\n\r\n"));
    const auto named = head({"-H", "user-agent: me", "-H", "Accept:"});
    CHECK(contains(named, "\r\nuser-agent: me\r\n"));
    CHECK_FALSE((contains(named, "User-Agent") || contains(named, "Accept")));
    const auto posted = head({"--data", "a=b"});
    CHECK(posted.starts_with("POST / HTTP/1.1\r\n"));
    CHECK(contains(posted, "\r\nContent-Length: 3\r\n"));
    CHECK(contains(posted, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    CHECK(
        head({"--data", "{}", "--method", "PUT", "-H", "Content-Type: application/json"})
            .starts_with("PUT / HTTP/1.1\r\n"));
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"--data", ""}, {"--data="}, {"--method", "POST"}}) {
        const auto empty = head(words);
        CHECK(empty.starts_with("POST / HTTP/1.1\r\n"));
        CHECK(contains(empty, "\r\nContent-Length: 0\r\n"));
    }
    CHECK_FALSE(contains(head({}), "Content-Length"));
    const auto authorized = head({"-H", "Authorization: Bearer secret"});
    CHECK(contains(authorized, "\r\nAuthorization: Bearer secret\r\n"));
}

TEST_CASE("where a request ends is nothing that a header can say") {
    const raw_server server{[](std::string_view, int) { return fine(); }};
    const auto head = [&](std::vector<std::string> more) {
        more.insert(more.end(), {server.url("/"), "-q", "-H", "content-length: 1", "-H",
                                 "Transfer-Encoding: chunked"});
        CHECK(run(more).status == 0);
        return server.requests().back();
    };
    for (const bool with_data : {false, true}) {
        const std::string sent =
            with_data ? head({"--data", "abc"}) : head({"--method", "GET"});
        CHECK(contains(sent, "\r\nContent-Length: 3\r\n") == with_data);
        CHECK_FALSE((contains(sent, "content-length") || contains(sent, "Transfer")));
    }
}

TEST_CASE("a HEAD has no body, whatever its header says") {
    const raw_server server{[](std::string_view, int) -> raw_server::answer {
        return {"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"};
    }};
    const auto ended = run({server.url("/1"), server.url("/2"), "--method", "HEAD", "-q",
                            "-p", "1", "-c", "1"});
    CHECK(ended.status == 0);
    CHECK(server.connections() == 1);
    for (const auto& r : parse_results(ended.out))
        CHECK(r.bytes == 0);
}

TEST_CASE("what would break a request is wrong usage") {
    for (const std::vector<std::string>& wrong :
         std::vector<std::vector<std::string>>{{"-H", "no colon"},
                                               {"-H", "A b: c"},
                                               {"-H", ": c"},
                                               {"-H", "A: b\r\nC: d"},
                                               {"--method", "G ET"},
                                               {"--method", "CONNECT"},
                                               {"--method", "G\r\nX: y"},
                                               {"--max-redirects", "-1"}}) {
        INFO(wrong[1]);
        auto arguments = wrong;
        arguments.insert(arguments.begin(), "http://localhost/");
        CHECK(run(arguments).status == 2);
    }
}

TEST_CASE("a line of the list may say more about its request") {
    const raw_server server{[](std::string_view, int) { return fine(); }};
    const scratch_folder folder;
    const auto line = [&](const std::string& more) {
        return fmt::format("{{\"url\": \"{}\"{}}}\n", server.url("/"), more);
    };
    const auto request = [&](const std::string& text, std::vector<std::string> options) {
        write_file(folder / "list", text);
        options.insert(options.end(), {"-i", folder / "list", "-q"});
        CHECK(run(options).status == 0);
        return server.requests().back();
    };
    CHECK(request(line(""), {}).starts_with("GET / "));
    CHECK(request(line(R"(, "method": "HEAD")"), {}).starts_with("HEAD / "));
    const auto posted = request(line(R"(, "data": "a=\u00e4")"), {});
    CHECK(posted.starts_with("POST / "));
    CHECK(contains(posted, "Content-Length: 4\r\n"));
    const auto own = request(line(R"(, "headers": {"X-A": "own", "Cookie": "c"})"),
                             {"-H", "x-a: all", "-H", "X-B: b", "--data", "d"});
    CHECK(contains(own, "\r\nX-B: b\r\nX-A: own\r\nCookie: c\r\n"));
    CHECK_FALSE(contains(own, "all"));
    CHECK(own.starts_with("POST / "));
    CHECK_FALSE(contains(request(line(R"(, "method": "GET")"), {"--data", "d"}),
                         "Content-Length"));
}

TEST_CASE("a line that is no request has an outcome that says why, and shows nothing") {
    const scratch_folder folder;
    write_file(folder / "list", R"({"url": "http://127.0.0.1:1/", "headers": ["secret"]}
{"headers": {"Authorization": "secret"}
{"data": "secret"}
{"url": "http://127.0.0.1:1/", "method": "CONNECT"}
{"url": "http://127.0.0.1:1/", "headers": {"A": "secret\r\nB: c"}}
{"url": "http://127.0.0.1:1/", "timeout": "secret"}
{"url": 5}
)");
    const auto ended = run({"-i", folder / "list"});
    CHECK(ended.status == 1);
    CHECK_FALSE(contains(ended.out + ended.err, "secret"));
    const auto results = parse_results(ended.out);
    CHECK(results.size() == 7);
    for (const auto& r : results)
        CHECK(r.attempts == 0);
    CHECK(contains(ended.out, R"("error":"\"timeout\" is not known)"));
}

TEST_CASE("data may come from a file") {
    const raw_server server{[](std::string_view, int) { return fine(); }};
    const scratch_folder folder;
    const std::string data("\0\xff\r\n", 4);
    write_file(folder / "data", data);
    CHECK(
        run({server.url("/"), "-q", "--data-file", folder / "data", "-o", folder / "job"})
            .status == 0);
    CHECK(contains(server.requests().back(), "Content-Length: 4\r\n"));
    CHECK(run({"resume", folder / "job", "-q"}).status == 0); // it is in the job
    CHECK(run({"resume", folder / "job", "-q", "--data", "x"}).status == 2);
    for (const char* wrong : {"", "/none"})
        CHECK(run({server.url("/"), "--data-file", folder.path() + wrong}).status == 2);
}

TEST_CASE("a header on the command line does not take the URL behind it") {
    const raw_server server{[](std::string_view, int) { return fine(); }};
    CHECK(run({"-q", "-H", "A: b", server.url("/")}).status == 0);
}

TEST_CASE("what cannot be written or read is said before a job begins") {
    const scratch_folder folder;
    for (const std::vector<std::string>& wrong :
         {std::vector<std::string>{"--trace", folder / "no/x"},
          {"--results", folder / "no/x"},
          {"--results", folder.path()},
          {"-i", folder.path()}}) {
        std::vector<std::string> words{"-o", folder / "job"};
        words.insert(words.end(), wrong.begin(), wrong.end());
        if (wrong[0] != "-i") words.emplace_back("http://127.0.0.1:1/");
        const auto ended = run(words);
        CHECK(ended.status == 2);
        CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
        CHECK_FALSE(std::filesystem::exists(folder / "job"));
    }
}
