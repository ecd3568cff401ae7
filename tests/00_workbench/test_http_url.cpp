// In one thread: ThreadSanitizer has nothing to say here.

// URLs as people have them, and what of them goes on the wire.

#include "workbench/http_exchange.hpp"
#include "workbench/http_url.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>

using ladder::http_error;
using ladder::http_exchange;
using ladder::http_url;
using ladder::parse_url;
using ladder::shown_url;

namespace {

std::string parts(std::string_view text) {
    std::error_code error;
    const http_url url = parse_url(text, error);
    return error ? error.message() : url.host + '|' + url.port + '|' + url.target;
}

std::string target(std::string_view text) {
    std::error_code error;
    const http_url url = parse_url(text, error);
    return error ? error.message() : url.target;
}

http_url valid(std::string_view text) {
    std::error_code error;
    http_url url = parse_url(text, error);
    REQUIRE_FALSE(error);
    return url;
}

std::string authorization(std::string_view text) {
    const http_exchange exchange{valid(text)};
    std::string_view request = exchange.to_send();
    constexpr std::string_view name = "\r\nAuthorization: ";
    const auto found = request.find(name);
    if (found == std::string_view::npos) return "";
    request.remove_prefix(found + name.size());
    return std::string{request.substr(0, request.find('\r'))};
}

using pairs = std::initializer_list<std::pair<const char*, const char*>>;

} // namespace

TEST_CASE("URLs are taken apart") {
    CHECK(parts("http://example.org") == "example.org|80|/");
    CHECK(parts("HTTP://example.org:8080?q") == "example.org|8080|/?q");
    CHECK(parts("http://user:secret@example.org/x") == "example.org|80|/x");
    CHECK(parts("http://[::1]:81/") == "::1|81|/");
    CHECK(parts("http://a:00080/") == "a|80|/"); // one way of writing
    CHECK(parts("http://127.0.0.1:/x/../y") == "127.0.0.1|80|/x/../y");
    CHECK(valid("http://[::1]:81/").authority() == "[::1]:81");
    CHECK(valid("http://a/").authority() == "a");

    const std::string bad_url = make_error_code(http_error::bad_url).message();
    for (const char* text : {"",
                             "x",
                             "//a/b",
                             "http:",
                             "http://",
                             "http:///x",
                             "http://:80/",
                             "http://a b/",
                             "http://a/\r\n",
                             "http://a:99999/",
                             "http://a:0/",
                             "http://a:x/",
                             "http://a%0d%0ab/",
                             "http://a/\x01",
                             "http://a/\t",
                             "http://a/#\n",
                             "http://a/\x7f",
                             "http://\xc3\xa4/",
                             "http://a%2fb/",
                             "http://a%40b/",
                             "http://a\\@b/",
                             "http://a\\b/",
                             "http://[v1.a]/",
                             "http://[::1%25]/",
                             "http://[::1%25a b]/",
                             "http://[::1",
                             "http://::1/",
                             "http://u@/"}) {
        INFO(text);
        CHECK(parts(text) == bad_url);
    }
    CHECK(parts("https://a/") == make_error_code(http_error::not_http).message());
    CHECK(parts("file:///etc/passwd") != "ok");
}

TEST_CASE("what may not stand in a URL is encoded, and nothing twice") {
    for (const auto& [text, expected] : pairs{
             {"http://a/?q=[1]|{2}\"^`", "/?q=%5B1%5D%7C%7B2%7D%22%5E%60"},
             {"http://a/\xc3\xa4?\xc3\xb6=\xe2\x82\xac", "/%C3%A4?%C3%B6=%E2%82%AC"},
             {"http://a/b c", "/b%20c"},
             {"http://a/b?c d", "/b?c%20d"},
             {"http://a/[x]/<y>\\z", "/%5Bx%5D/%3Cy%3E%5Cz"},
             {"http://a/%7e%C3%a4%2F%5b", "/%7e%C3%a4%2F%5b"},
             {"http://a/100%", "/100%25"},
             {"http://a/%zz?%a", "/%25zz?%25a"},
             {"http://a/\xe4", "/%E4"},
             {"http://a/;x=1/(y)!*'~:@&$,+", "/;x=1/(y)!*'~:@&$,+"},
             {"http://a/?a?b/c", "/?a?b/c"},
             {"http://a?\xc3\xa4", "/?%C3%A4"},
             {"http://a/x#\xc3\xa4 [frag]ment#?", "/x"},
             {"http://a#x", "/"},
             {"http://a/?u=http://b/@c", "/?u=http://b/@c"},
             {"http://u:^ p@a/^", "/%5E"},
         }) {
        INFO(text);
        CHECK(target(text) == expected);
    }
}

TEST_CASE("the zone of an address is for this machine alone") {
    for (const char* text :
         {"http://[fe80::1%25lo]:81/", "http://[fe80::1%lo]:81/",
          "http://[fe80::1%25l%6f]:81/", "http://u@[fe80::1%25lo]:81/"}) {
        INFO(text);
        const http_url url = valid(text);
        CHECK(url.host == "fe80::1");
        CHECK(url.node() == "fe80::1%lo");
        CHECK(url.authority() == "[fe80::1]:81");
        const http_exchange exchange{url};
        CHECK(exchange.to_send().find("lo") == std::string_view::npos);
    }
    CHECK(valid("http://[fe80::1%25a]/").origin() !=
          valid("http://[fe80::1%25b]/").origin());
    CHECK(valid("http://[fe80::1%25eth0.1]/").zone == "eth0.1");
}

TEST_CASE("a password goes into the Authorization header") {
    for (const auto& [text, expected] : pairs{
             {"http://a/", ""},
             {"http://@a/", ""},
             {"http://Aladdin:open%20sesame@a/", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
             {"http://u@a/", "Basic dTo="},
             {"http://u:@a/", "Basic dTo="},
             {"http://:p@a/", "Basic OnA="},
             {"http://u:p:q@a/", "Basic dTpwOnE="},
             {"http://u:p@q@a/", "Basic dTpwQHE="},
             {"http://u:\xc3\xa4^@a/", "Basic dTrDpF4="},
             {"http://u:a%0d%0ab@a/", "Basic dTphDQpi"},
         }) {
        INFO(text);
        CHECK(authorization(text) == expected);
    }
    CHECK(valid("http://u:p@a:81/").authority() == "a:81");
}

TEST_CASE("a password is shown to nobody") {
    for (const auto& [text, expected] : pairs{
             {"http://u:secret@a/x@y", "http://u:***@a/x@y"},
             {"http://:secret@a/", "http://:***@a/"},
             {"http://u@a/", "http://u@a/"},
             {"http://a:80/x@y:z@", "http://a:80/x@y:z@"},
             {"http://a/?mail=x@y", "http://a/?mail=x@y"},
             {"http://u:se@cret@a:81/", "http://u:***@a:81/"},
             {"http://u:se:cret@[::1]/", "http://u:***@[::1]/"},
             {"https://u:secret@a/", "https://u:***@a/"},
             {"ftp://u:secret@a/", "ftp://u:***@a/"},
             {"u:secret@a", "u:***@a"},
             {"//u:secret@a/", "//u:***@a/"},
             {"http://u:sec/ret@a/", "http://u:***@a/"},
             {"http://u:sec#ret@a/", "http://u:***@a/"},
             {"http://u:secret@a b/", "http://u:***@a b/"},
             {"http:/u:secret@a", "http:***@a"},
             {"http://u:secret\uff20"
              "a/",
              "http://u:***@a/"},
             {"http://u\uff1asecret\uff20"
              "a/",
              "http://u:***@a/"},
             {"http://a/\uff20", "http://a/@"},
         }) {
        INFO(text);
        CHECK(shown_url(text) == expected);
    }
}
