// Adds pages, lets them begin and end in the orders that matter, and then in any.

#include "per_host_limit.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

using ladder::per_host_limit;

namespace {

using names = std::vector<std::string>;

/// Pages as a person writes them: "a" is of host a; they are numbered from 0.
void add(per_host_limit& pages, const names& hosts) {
    std::uint64_t number = 0;
    for (const std::string& host : hosts)
        pages.add({host, number++});
}

/// All that may begin now: "a0" is page 0, of host a.
names begin_all(per_host_limit& pages) {
    names begun;
    while (const auto page = pages.next()) {
        begun.push_back(page->host + std::to_string(page->number));
        if (begun.size() > 1000) FAIL("next never says that no page may begin");
    }
    return begun;
}

} // namespace

TEST_CASE("no more than the limit of one host are in flight") {
    per_host_limit pages{2};
    add(pages, {"a", "a", "a", "a"});
    CHECK(begin_all(pages) == names{"a0", "a1"});
    CHECK(begin_all(pages).empty());
    CHECK(pages.waiting() == 2);
    pages.ended("a");
    CHECK(begin_all(pages) == names{"a2"});
    CHECK(begin_all(pages).empty());
}

TEST_CASE("two lists are two, and so are two pages with one number") {
    per_host_limit one{1}, other{1};
    for (per_host_limit* pages : {&one, &other}) {
        pages->add({"a", 7});
        pages->add({"b", 7});
        CHECK(begin_all(*pages) == names{"a7", "b7"});
    }
}

TEST_CASE("a host at its limit keeps nobody else waiting") {
    per_host_limit pages{1};
    add(pages, {"slow", "slow", "slow", "slow", "b", "slow", "c"});
    CHECK(begin_all(pages) == names{"slow0", "b4", "c6"});
}

TEST_CASE("a thousand pages of a host at its limit keep nobody else waiting") {
    per_host_limit pages{1};
    names hosts(1'000, "slow");
    hosts.push_back("b");
    add(pages, hosts);
    CHECK(begin_all(pages) == names{"slow0", "b1000"});
}

TEST_CASE("a limit may be larger than a byte") {
    per_host_limit pages{300};
    add(pages, names(400, "a"));
    CHECK(begin_all(pages).size() == 300);
}

TEST_CASE("each host has the whole limit for itself") {
    per_host_limit pages{3};
    add(pages, {"a", "b", "a", "b", "a", "b", "a", "b"});
    CHECK(begin_all(pages) == names{"a0", "b1", "a2", "b3", "a4", "b5"});
}

TEST_CASE("a free place is taken by the next page of that host") {
    per_host_limit pages{1};
    add(pages, {"a", "b", "a", "b", "a"});
    CHECK(begin_all(pages) == names{"a0", "b1"});
    for (const char* next : {"a2", "a4"}) {
        pages.ended("a");
        CHECK(begin_all(pages) == names{next});
    }
    pages.ended("a");
    CHECK(begin_all(pages).empty());
    pages.ended("b");
    CHECK(begin_all(pages) == names{"b3"});
}

TEST_CASE("what begins is the first of the list that may") {
    per_host_limit pages{1};
    add(pages, {"a", "a", "b", "a", "b", "c"});
    CHECK(begin_all(pages) == names{"a0", "b2", "c5"});
    pages.ended("b");
    pages.ended("a");
    CHECK(begin_all(pages) == names{"a1", "b4"});
    pages.ended("a");
    pages.add({"a", 6}); // later than a3, which waits
    CHECK(begin_all(pages) == names{"a3"});

    per_host_limit others{1};
    add(others, {"a", "a", "b", "a"});
    CHECK(begin_all(others) == names{"a0", "b2"});
    others.ended("a");
    CHECK(begin_all(others) == names{"a1"}); // a look at it was no turn of it
}

TEST_CASE(
    "the order of the list is that in which pages are added, whatever their numbers") {
    per_host_limit pages{3};
    pages.add({"a", 7});
    pages.add({"b", 9});
    pages.add({"a", 3}); // again, perhaps, after an error
    CHECK(begin_all(pages) == names{"a7", "b9", "a3"});
}

TEST_CASE("a host of which nothing is in flight is forgotten") {
    per_host_limit pages{2};
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const std::string host = "h" + std::to_string(i);
        pages.add({host, i});
        REQUIRE(pages.next());
        CHECK(pages.known_hosts() == 1);
        pages.ended(host);
    }
    CHECK(pages.known_hosts() == 0);
    pages.add({"waits", 0}); // and nobody has to be known for waiting
    CHECK(pages.known_hosts() == 0);
}

TEST_CASE("a host is remembered until its last page has ended") {
    per_host_limit pages{2};
    add(pages, {"a", "a", "a", "a"});
    CHECK(begin_all(pages).size() == 2);
    pages.ended("a");
    CHECK(pages.known_hosts() == 1);
    CHECK(begin_all(pages) == names{"a2"}); // one, not two
}

TEST_CASE("the end of a page that nobody fetches gives no place") {
    per_host_limit pages{1};
    pages.ended("a");
    CHECK(pages.known_hosts() == 0);
    add(pages, {"a", "a", "a"});
    CHECK(begin_all(pages) == names{"a0"});
    pages.ended("b");
    CHECK(begin_all(pages).empty());
    pages.ended("a");
    pages.ended("a");
    CHECK(begin_all(pages) == names{"a1"});
}

TEST_CASE("none waits, none begins, and later it goes on") {
    per_host_limit pages{1};
    CHECK_FALSE(pages.next());
    CHECK(pages.waiting() == 0);
    add(pages, {"a"});
    CHECK(begin_all(pages) == names{"a0"});
    CHECK(pages.waiting() == 0);
    CHECK_FALSE(pages.next());
}

TEST_CASE("whatever happens, each page begins once, and no limit is broken") {
    for (unsigned seed = 0; seed < 30; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random{seed};
        const auto pick = [&](std::size_t below) { return random() % below; };
        const std::size_t limit = 1 + pick(3);
        per_host_limit pages{limit};
        std::map<std::string, std::size_t> flying;
        std::set<std::uint64_t> begun;
        std::uint64_t added = 0;
        for (int step = 0; step < 300 || begun.size() < added; ++step) {
            REQUIRE(step < 10'000); // a page is lost
            if (step < 300) pages.add({std::string(1, "abcd"[pick(4)]), added++});
            if (const auto page = pages.next()) {
                REQUIRE(begun.insert(page->number).second);
                REQUIRE(++flying[page->host] <= limit);
            }
            const std::string host(1, "abcd"[pick(4)]);
            if (flying[host] == 0) continue;
            --flying[host];
            pages.ended(host);
        }
        CHECK(pages.waiting() == 0);
    }
}
