// In one thread: ThreadSanitizer has nothing to say here.

// What a robots.txt says, without I/O: RFC 9309.

#include "fetcher/robots.hpp"
#include "workbench/http_exchange.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace ladder::fetcher;
using namespace std::chrono_literals;
using ladder::http_error;
using verdict = robots_cache::verdict;

namespace {

bool allows(std::string_view text, std::string_view target) {
    return robots_rules{text, "ladder"}.allows(target);
}

verdict ask(robots_cache& cache, const std::string& origin, std::string_view target,
            robots_cache::time now, std::error_code& why) {
    std::string detail;
    return cache.may_ask(origin, target, now, why, detail);
}

} // namespace

TEST_CASE(
    "the longest rule that matches decides, and of two as long the one that allows") {
    struct row {
        const char* rules;
        const char* target;
        bool allowed;
    };
    for (const auto& [rules, target, allowed] : std::vector<row>{
             {"Disallow: /", "/x", false},
             {"Disallow:", "/x", true},
             {"Disallow: /a", "/abc", false},
             {"Disallow: /a/", "/a", true},
             {"Disallow: /a\nAllow: /a/b", "/a/b", true},
             {"Allow: /a/b\nDisallow: /a", "/a/c", false},
             {"Disallow: /page\nAllow: /page", "/page", true},
             {"Disallow: /A", "/a", true}, // paths know capitals
             {"dISALLOW : /a", "/a", false},
             {"Disallow: /a # why", "/a", false},
             {"Disallow: /*.gif$", "/x/y.gif", false},
             {"Disallow: /*.gif$", "/x/y.gif?z", true},
             {"Disallow: /a*b*c", "/a-b-c-d", false},
             {"Disallow: /a*b*c$", "/a-b-c-d-c", false},
             {"Disallow: /a*b*c$", "/a-c-b", true},
             {"Disallow: /$", "/", false},
             {"Disallow: /$", "/a", true},
             {"Disallow: *", "/anything", false},
             {"Disallow: /?q=", "/?q=1", false},
             {"Disallow: /a%3cd", "/a%3Cd", false}, // one way of writing
             {"Disallow: /%7Ejoe", "/~joe", false},
             {"Disallow: /a%2fb", "/a/b", true}, // a slash is another thing
             {"Disallow: /\xc3\xa9", "/%C3%A9", false},
             {"Disallow: /%zz", "/%zz", false},
             {"Disallow: /a%2Ab", "/a*b", false}, // a star that is itself
             {"Disallow: /a%2Ab", "/axb", true},
             {"Disallow: /*4", "/a$", true},
             {"Disallow: /a*b", "/a*b", false},
             {"Disallow: /a%24", "/a$", false},
             {"Disallow: /a%24", "/a", true},
             {"Disallow: /a$b", "/a$b", false},
             {"Disallow: /?u=http%3A%2F%2Fa", "/?u=http://a", false},
             {"Disallow: /?u=http://a", "/?u=http%3a%2f%2Fa", false},
             {"Disallow: /secret", "/a/../secret", false}, // where that leads
             {"Disallow: /secret", "/%2e/a/%2E./secret?x", false},
             {"Disallow: /secret", "/secret/../a", true},
             {"Disallow: /secret", "/a?x=/../secret", true},
             {"Disallow: /", "/robots.txt", true},
             {"Sitemap: http://x/\nDisallow: /a", "/a", false},
             {"Crawl-delay: 10", "/a", true},
             {"Disallow /a", "/a", true}, // no colon, no rule
         }) {
        INFO(rules << " and " << target);
        CHECK(allows("User-agent: *\n" + std::string{rules}, target) == allowed);
    }
}

TEST_CASE("the rules of our own groups, or else everybody's") {
    const std::string text = "User-agent: other\nDisallow: /other\n\n"
                             "User-agent: *\nDisallow: /all\n\n"
                             "user-agent: LADDER/2.0\nUser-Agent: third\nDisallow: /us\n"
                             "\nUser-agent: ladder\nDisallow: /us-too\n";
    CHECK_FALSE(allows(text, "/us"));
    CHECK_FALSE(allows(text, "/us-too")); // all groups of ours count
    CHECK(allows(text, "/all"));
    CHECK(allows(text, "/other"));
    const robots_rules stranger{text, "stranger"};
    CHECK_FALSE(stranger.allows("/all"));
    CHECK(stranger.allows("/us"));
    CHECK(allows("User-agent: *\nDisallow: /\n\nUser-agent: ladder\n", "/x"));
    CHECK(allows("User-agent: ladders\nDisallow: /", "/x")); // that is another one
    CHECK_FALSE(allows("User-agent: * all\nDisallow: /", "/x"));
    CHECK(allows("Disallow: /", "/x")); // nobody's
}

TEST_CASE("lines may end in any way, and what is not text does no harm") {
    for (const char* end : {"\n", "\r\n", "\r"}) {
        std::string text = "\xef\xbb\xbf";
        for (const char* line : {"User-agent: *", "", "Disallow: /a"})
            text += std::string{line} + end;
        CHECK_FALSE(allows(text, "/a"));
        CHECK(allows(text, "/b"));
    }
    CHECK(allows(std::string_view{"\0\xff:::\n:\nuser-agent", 17}, "/a"));
    CHECK(allows("<html><p>no such page: sorry</p>", "/a"));
}

TEST_CASE("of a robots.txt no more than 500 KiB count, nor a rule that is too long") {
    const std::string rule = "User-agent: *\nDisallow: /a\n";
    std::string text = rule;
    text.append(robots_rules::most_read - text.size(), '#');
    text += "\nDisallow: /b\n";
    CHECK_FALSE(allows(text, "/a"));
    CHECK(allows(text, "/b"));
    CHECK(allows("User-agent: *\nDisallow: /" +
                     std::string(robots_rules::longest_rule, 'a'),
                 "/" + std::string(2000, 'a')));
}

TEST_CASE("our name is how the User-Agent begins") {
    CHECK(robot_name("concurrency-ladder/1") == "concurrency-ladder");
    CHECK(robot_name("My_Bot (me@x)") == "My_Bot");
    CHECK(robot_name("1/x").empty());
    CHECK_FALSE(robots_rules{"User-agent: *\nDisallow: /", ""}.allows("/a"));
    CHECK(robots_rules{"User-agent:\nDisallow: /", ""}.allows("/a"));
}

TEST_CASE("each robots.txt is asked for once, and what it says is remembered for a day") {
    robots_cache cache{"ladder"};
    const robots_cache::time now{};
    std::error_code why;
    CHECK(ask(cache, "http a", "/x", now, why) == verdict::unknown);
    cache.asking("http a");
    CHECK(ask(cache, "http a", "/x", now, why) == verdict::asked);
    CHECK(ask(cache, "http b", "/x", now, why) == verdict::unknown);
    cache.learn("http a", {.status = 200, .text = "User-agent: *\nDisallow: /x"}, now);
    CHECK(ask(cache, "http a", "/x", now, why) == verdict::refused);
    CHECK(why == http_error::robots_disallow);
    CHECK(ask(cache, "http a", "/y", now, why) == verdict::allowed);
    CHECK(ask(cache, "http a", "/y", now + 24h - 1s, why) == verdict::allowed);
    CHECK(ask(cache, "http a", "/y", now + 24h, why) == verdict::unknown);
}

TEST_CASE("none there forbids nothing; none to be had, everything") {
    struct row {
        robots_answer said;
        bool allowed;
    };
    for (const auto& [said, allowed] : std::vector<row>{
             {{.status = 404}, true},
             {{.status = 403}, true},
             {{.status = 302, .error = http_error::too_many_redirects}, true},
             {{.status = 429}, false},
             {{.status = 500}, false},
             {{.status = 503}, false},
             {{.status = 200, .error = http_error::truncated}, false},
             {{.error = std::make_error_code(std::errc::connection_refused)}, false}}) {
        INFO(said.status << ' ' << said.error.message());
        robots_cache cache{"ladder"};
        std::error_code why;
        cache.asking("a");
        cache.learn("a", said, {});
        CHECK((ask(cache, "a", "/", {}, why) == verdict::allowed) == allowed);
        if (!allowed)
            CHECK(why == (said.error ? said.error
                                     : make_error_code(http_error::robots_disallow)));
    }
}

TEST_CASE("the robots.txt of very many hosts have an end in memory") {
    robots_cache cache{"ladder"};
    std::string text = "User-agent: *\n";
    for (int i = 0; i < 40; ++i)
        text += "Disallow: /" + std::string(1000, 'a') + std::to_string(i) + '\n';
    std::error_code why;
    for (int i = 0; i < 450; ++i) { // a tenth more than there is room for
        cache.asking(std::to_string(i));
        cache.learn(std::to_string(i), {.status = 200, .text = text}, {});
        CHECK(ask(cache, "0", "/", {}, why) == verdict::allowed); // it is in use
        REQUIRE(cache.bytes() <= robots_cache::most_bytes);
    }
    CHECK(ask(cache, "1", "/", {}, why) == verdict::unknown);
    CHECK(ask(cache, "449", "/", {}, why) == verdict::allowed);
}
