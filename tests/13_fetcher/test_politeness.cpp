// The program and its limits: what servers see of several processes together.

#include "fetcher_program.hpp"
#include "raw_server.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>

using namespace ladder;
using namespace ladder::fetcher::test;
using namespace std::chrono_literals;

namespace {

std::string answer_of(std::string_view status, std::string_view more = "",
                      std::string_view body = "") {
    return fmt::format("HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}", status, more,
                       body.size(), body);
}

std::vector<std::string> with(std::vector<std::string> urls,
                              std::vector<std::string> options) {
    urls.insert(urls.end(), options.begin(), options.end());
    urls.push_back("-q");
    return urls;
}

/// How often that was asked for.
std::ptrdiff_t asked(const raw_server& server, std::string_view target) {
    const auto requests = server.requests();
    return std::ranges::count_if(requests, [&](const std::string& head) {
        return head.starts_with(fmt::format("GET {} ", target));
    });
}

} // namespace

TEST_CASE("no more requests at a time to one host, of all processes together") {
    const slow_server server;
    const raw_server other{
        [](std::string_view, int) { return raw_server::answer{answer_of("200 OK")}; },
        "127.0.0.2"};
    std::vector<std::string> urls = server.pages(20, 20ms);
    for (int i = 0; i < 20; ++i)
        urls.push_back(fmt::format("http://127.0.0.2:{}/{}", other.port(), i));
    const auto ended = run(with(urls, {"-p", "2", "-c", "8", "--per-host", "1"}));
    CHECK(ended.status == 0);
    const auto results = parse_results(ended.out);
    CHECK(results.size() == 40);
    CHECK(server.stats().peak_in_flight == 1);
    CHECK(results.back().url == urls[19]); // nobody waits behind the slow host
}

TEST_CASE("where redirects lead has its limit, too") {
    const slow_server server;
    const raw_server first{
        [&](std::string_view head, int) {
            const auto target = head.substr(5, head.find(' ', 5) - 5);
            return raw_server::answer{
                answer_of("302 Found", fmt::format("Location: {}{}?delay=10\r\n",
                                                   server.url("/page/"), target))};
        },
        "127.0.0.2"};
    std::vector<std::string> urls;
    for (int i = 0; i < 10; ++i)
        urls.push_back(fmt::format("http://127.0.0.2:{}/{}", first.port(), i));
    const auto ended = run(with(urls, {"-p", "2", "-c", "8", "--per-host", "1"}));
    CHECK(ended.status == 0);
    for (const result& r : parse_results(ended.out))
        CHECK(r.status == 200);
    CHECK(server.stats().peak_in_flight == 1);
    CHECK(server.stats().requests == 10);
}

TEST_CASE("no more requests in a second than allowed, of all processes together") {
    const slow_server server;
    for (const char* option : {"--rate", "--per-host-rate"}) {
        const auto start = std::chrono::steady_clock::now();
        const auto ended =
            run(with(server.pages(9, 0ms), {"-p", "2", "-c", "8", option, "40/s"}));
        CHECK(ended.status == 0);
        CHECK(std::chrono::steady_clock::now() - start >= 8 * 25ms - 10ms);
    }
}

TEST_CASE("who says 429 is left alone for as long as it asks, and the others are not") {
    std::atomic<int> refusals = 0;
    const raw_server server{[&](std::string_view, int) {
        return raw_server::answer{++refusals == 1
                                      ? answer_of("429 Slow Down", "Retry-After: 1\r\n")
                                      : answer_of("200 OK")};
    }};
    const raw_server other{
        [](std::string_view, int) { return raw_server::answer{answer_of("200 OK")}; },
        "127.0.0.2"};
    std::vector<std::string> urls{server.url("/1"), server.url("/2"), server.url("/3")};
    for (int i = 0; i < 5; ++i)
        urls.push_back(fmt::format("http://127.0.0.2:{}/{}", other.port(), i));
    const auto ended = run(with(urls, {"-p", "1", "-c", "1"}));
    CHECK(ended.status == 0);
    const auto results = parse_results(ended.out);
    REQUIRE(results.size() == 8);
    for (std::size_t i = 0; i < 8; ++i) { // these three come last
        INFO(i << ": " << results[i].url);
        CHECK(results[i].status == 200);
        CHECK(results[i].url.starts_with(server.url("")) == (i >= 5));
    }
    const auto found = results_by_url(ended.out);
    CHECK(found.at(server.url("/1")).attempts == 2);
    CHECK(found.at(server.url("/1")).elapsed_ms >= 1000);
    CHECK(found.at(server.url("/2")).attempts == 1);
    CHECK(server.requests().size() == 4);
}

TEST_CASE("who asks for a day is not asked again, and that is said") {
    const raw_server server{[&](std::string_view, int) {
        return raw_server::answer{
            answer_of("503 No", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n")};
    }};
    const auto ended = run({server.url("/1"), server.url("/2"), server.url("/3"), "-p",
                            "1", "-c", "1", "--progress", "never"});
    CHECK(ended.status == 1);
    CHECK(server.requests().size() == 1);
    const auto found = results_by_url(ended.out);
    CHECK(found.at(server.url("/1")).status == 503);
    CHECK(found.at(server.url("/1")).attempts == 1);
    for (const char* target : {"/2", "/3"}) {
        CHECK(found.at(server.url(target)).status == 0);
        CHECK(found.at(server.url(target)).attempts == 0);
        CHECK(found.at(server.url(target)).error ==
              "not asked: the server wants to be left alone for a long time");
    }
}

TEST_CASE("a Retry-After that is none does no harm") {
    for (const char* value : {"-5", "soon", "", "0"}) {
        std::atomic<int> refusals = 0;
        const raw_server server{[&](std::string_view, int) {
            return raw_server::answer{
                ++refusals == 1
                    ? answer_of("503 No", fmt::format("Retry-After: {}\r\n", value))
                    : answer_of("200 OK")};
        }};
        const auto r = parse_results(run({server.url("/"), "-q"}).out).at(0);
        CHECK(r.status == 200);
        CHECK(r.attempts == 2);
    }
}

TEST_CASE("robots.txt is asked for once, before all else, and obeyed") {
    const raw_server server{[](std::string_view head, int) {
        if (head.starts_with("GET /robots.txt "))
            return raw_server::answer{
                answer_of("200 OK", "",
                          "User-agent: *\nDisallow: /\n\nUser-agent: "
                          "Concurrency-Ladder\nDisallow: /private\n")};
        if (head.starts_with("GET /away "))
            return raw_server::answer{answer_of("302 Found", "Location: /private/x\r\n")};
        return raw_server::answer{answer_of("200 OK")};
    }};
    std::vector<std::string> urls{server.url("/private/1"), server.url("/away")};
    for (int i = 0; i < 20; ++i)
        urls.push_back(server.url(fmt::format("/{}", i)));
    const auto ended = run(with(urls, {"-p", "2", "-c", "8", "--robots"}));
    CHECK(ended.status == 1);
    const auto found = results_by_url(ended.out);
    CHECK(found.size() == 22);
    for (const char* target : {"/private/1", "/away"})
        CHECK(found.at(server.url(target)).error ==
              "not asked: robots.txt does not allow it");
    CHECK(found.at(server.url("/7")).status == 200);
    CHECK(asked(server, "/robots.txt") == 1);
    CHECK(server.requests().front().starts_with("GET /robots.txt "));
    CHECK(asked(server, "/private/1") + asked(server, "/private/x") == 0);
}

TEST_CASE("without a robots.txt all is allowed; when a server fails, nothing is") {
    for (const std::string status : {"404 No", "503 No"}) {
        const raw_server server{[&](std::string_view head, int) {
            return raw_server::answer{
                answer_of(head.starts_with("GET /robots.txt ") ? status : "200 OK")};
        }};
        const auto ended =
            run({server.url("/a"), server.url("/b"), "--robots", "--retries", "0", "-q"});
        for (const result& r : parse_results(ended.out)) {
            CHECK(r.status == (status == "404 No" ? 200 : 0));
            CHECK(r.error ==
                  (status == "404 No" ? "" : "not asked: robots.txt has status 503"));
        }
        CHECK(asked(server, "/robots.txt") == 1);
    }
}

TEST_CASE("a robots.txt may be elsewhere, and without an end") {
    const raw_server server{[](std::string_view head, int) {
        if (head.starts_with("GET /robots.txt "))
            return raw_server::answer{answer_of("301 There", "Location: /r\r\n")};
        if (!head.starts_with("GET /r ")) return raw_server::answer{answer_of("200 OK")};
        std::string body = "User-agent: *\nDisallow: /a\n";
        body.append((500 << 10) - body.size(), '#');
        body += "\nUser-agent: *\nDisallow: /b\n";
        return raw_server::answer{fmt::format( // more is promised than comes
            "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n{}", body)};
    }};
    const auto found =
        results_by_url(run({server.url("/a"), server.url("/b"), "--robots", "--max-bytes",
                            "1000", "--max-redirects", "0", "-q"})
                           .out);
    CHECK(found.at(server.url("/a")).error == "not asked: robots.txt does not allow it");
    CHECK(found.at(server.url("/b")).status == 200);
}

TEST_CASE("a limit that is none is refused in one line") {
    for (const std::vector<std::string>& wrong :
         std::vector<std::vector<std::string>>{{"--rate", "0/s"},
                                               {"--rate", "fast"},
                                               {"--rate", "-5"},
                                               {"--rate", "5/x"},
                                               {"--rate", "nan"},
                                               {"--rate", "5/"},
                                               {"--per-host-rate", "1e9/s"},
                                               {"--per-host", "-1"},
                                               {"--per-host", "many"}}) {
        INFO(wrong[0] << ' ' << wrong[1]);
        const auto ended = run({wrong[0], wrong[1], "http://127.0.0.1:1/"});
        CHECK(ended.status == 2);
        CHECK(count_lines(ended.err) == 1);
        CHECK(ended.err.find(wrong[0]) != std::string::npos);
    }
}

TEST_CASE("random words obey what every other request does") {
    std::atomic<int> in_flight = 0, peak = 0, refused = 0;
    const raw_server server{[&](std::string_view head, int) {
        const auto target = head.substr(5, head.find(' ', 5) - 5);
        if (target == "robots.txt")
            return raw_server::answer{answer_of(
                "200 OK", "", "User-agent: *\nDisallow: /dir/\nAllow: /dir/a$")};
        peak = std::max(peak.load(), ++in_flight);
        std::this_thread::sleep_for(2ms); // for others to come, if any do
        --in_flight;
        const bool trouble = target.size() >= 8 && refused++ == 0;
        return raw_server::answer{trouble         ? answer_of("503 Not Now")
                                  : target == "b" ? answer_of("200 OK", "", "it is")
                                                  : answer_of("200 OK", "", "no")};
    }};
    const scratch_folder folder;
    write_file(folder / "words", "a\nb\nc\nd\ne\n");
    const auto find = [&](const std::string& where, std::vector<std::string> options) {
        options.insert(options.end(), {"-i", folder / "words", "--template",
                                       server.url(where), "--calibrate", "-q"});
        return run(options);
    };
    const auto start = std::chrono::steady_clock::now();
    const auto ended =
        find("/{}", {"-p", "2", "-c", "8", "--per-host", "1", "--rate", "100/s"});
    // Five words, four random ones, and the one that was asked for again.
    CHECK(std::chrono::steady_clock::now() - start >= 9 * 10ms - 10ms);
    CHECK(ended.out == server.url("/b\n"));
    CHECK(peak == 1);
    CHECK(server.requests().size() == 5 + 4 + 1);

    // What robots.txt says of random words holds, and nobody waits for them for ever.
    CHECK(find("/dir/{}", {"--robots", "-p", "1", "-c", "1"}).out ==
          server.url("/dir/a\n"));
    CHECK(server.requests().size() == 10 + 2);
}
