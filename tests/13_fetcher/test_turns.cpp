// In one thread: ThreadSanitizer has nothing to say here.

// Whose turn it is, event by event: no process, no socket, no clock. Wrong ones are in
// turns_wrong.

#include "fetcher/turns.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

using namespace ladder::fetcher;
using namespace std::chrono_literals;

namespace {

turn_time at(std::chrono::milliseconds time) {
    return turn_time{1h + time};
}

/// Turns, and what is in flight by their leave.
class some_run {
public:
    explicit some_run(const politeness& limits = {}) : order(limits) {}

    void add(const std::string& host) {
        order.add({.what = {.id = next_id_++, .url = "http://" + host + "/"}});
    }

    /// Hosts, in the order of their turns.
    std::vector<std::string> all(turn_time now) {
        std::vector<std::string> hosts;
        while (auto j = order.next(now)) {
            hosts.push_back(host_of(j->what.url));
            ids.push_back(j->what.id);
            flying_.emplace(hosts.back(), std::move(*j));
        }
        return hosts;
    }

    /// One of that host's.
    queued_task end(const std::string& host, const answer& said) {
        const auto one = flying_.find(host);
        queued_task j = std::move(one->second);
        flying_.erase(one);
        order.over(j, said);
        return j;
    }

    turns order;
    std::vector<std::uint64_t> ids; ///< Of all that went out.

private:
    std::uint64_t next_id_ = 0;
    std::multimap<std::string, queued_task> flying_;
};

using hosts = std::vector<std::string>;

} // namespace

TEST_CASE("without limits the order is that of the list") {
    some_run r;
    for (const char* host : {"a", "b", "a", "c", "a"})
        r.add(host);
    CHECK(r.all(at(0ms)) == hosts{"a", "b", "a", "c", "a"});
    CHECK_FALSE(r.order.wake_at());
}

TEST_CASE("a host at its limit keeps only its own waiting") {
    some_run r{{.per_host = 1}};
    for (const char* host : {"a", "a", "b", "a", "c", "b"})
        r.add(host);
    CHECK(r.all(at(0ms)) == hosts{"a", "b", "c"});
    CHECK(r.order.size() == 3);
    CHECK_FALSE(r.order.wake_at()); // what ends wakes them, not a time
    r.end("a", {.at = at(1ms), .status = 200});
    CHECK(r.all(at(1ms)) == hosts{"a"});
    r.end("b", {.at = at(2ms), .status = 200});
    CHECK(r.all(at(2ms)) == hosts{"b"});
    r.end("a", {.at = at(3ms), .status = 200});
    CHECK(r.all(at(3ms)) == hosts{"a"});
    CHECK(r.ids == std::vector<std::uint64_t>{0, 2, 4, 1, 5, 3});
    CHECK(r.order.size() == 0);
}

TEST_CASE("what comes later of a host waits behind what waits already") {
    some_run r{{.per_host = 1}};
    r.add("a");
    r.add("a");
    r.all(at(0ms));
    r.end("a", {.at = at(1ms), .status = 200});
    r.add("a");
    CHECK(r.all(at(1ms)) == hosts{"a"});
    CHECK(r.ids == std::vector<std::uint64_t>{0, 1});
}

TEST_CASE("hosts that wait take turns") {
    some_run r{{.per_host_rate = 1000}};
    for (const char* host : {"a", "a", "a", "a", "b", "b"})
        r.add(host);
    hosts seen;
    for (auto t = 0ms; t < 20ms; t += 1ms)
        for (const auto& host : r.all(at(t)))
            seen.push_back(host);
    CHECK(seen.size() == 6);
    CHECK(std::find(seen.begin(), seen.end(), "b") - seen.begin() < 5);
}

TEST_CASE("a time wakes what a rate keeps waiting") {
    some_run r{{.per_host_rate = 10}};
    r.add("a");
    r.add("a");
    r.add("b");
    CHECK(r.all(at(0ms)) == hosts{"a", "b"});
    REQUIRE(r.order.wake_at());
    const turn_time wake = *r.order.wake_at();
    CHECK(wake > at(0ms));
    CHECK(wake <= at(100ms));
    r.end("a", {.at = at(10ms), .status = 200});
    CHECK(r.all(wake - 1ms).empty());
    CHECK(r.all(wake) == hosts{"a"});
}

TEST_CASE("the rate of all keeps everybody waiting, in order") {
    some_run r{{.rate = 10}};
    r.add("a");
    r.add("b");
    CHECK(r.all(at(0ms)) == hosts{"a"});
    REQUIRE(r.order.wake_at());
    CHECK(r.all(*r.order.wake_at()) == hosts{"b"});
    CHECK_FALSE(r.order.wake_at()); // nobody waits
}

TEST_CASE("a host in trouble waits, is asked once, and then as before") {
    some_run r;
    for (int i = 0; i < 4; ++i)
        r.add("a");
    CHECK(r.all(at(0ms)).size() == 4);
    r.end("a", {.at = at(1ms), .status = 429, .retry_after = 2s});
    for (int i = 0; i < 3; ++i) {
        r.end("a", {.at = at(2ms), .status = 429});
        r.add("a");
    }
    r.add("b");
    CHECK(r.all(at(3ms)) == hosts{"b"});
    CHECK(r.order.wake_at() == at(2001ms));
    CHECK(r.all(at(2001ms)) == hosts{"a"}); // one
    r.end("a", {.at = at(2100ms), .status = 200});
    CHECK(r.all(at(2100ms)) == hosts{"a", "a"});
}

TEST_CASE("when the one that is asked first has no answer, another one is asked") {
    some_run r;
    r.add("a");
    r.all(at(0ms));
    r.end("a", {.at = at(0ms), .status = 503});
    r.add("a");
    r.add("a");
    r.all(at(0ms));
    CHECK(r.all(at(100ms)) == hosts{"a"});
    r.end("a", {.at = at(150ms)}); // its worker died, or the network failed
    CHECK(r.all(at(150ms)) == hosts{"a"});
}

TEST_CASE(
    "a host that wants to be left alone for long has its URLs refused, and no other") {
    some_run r;
    r.add("a");
    r.all(at(0ms));
    const auto j =
        r.end("a", {.at = at(0ms), .status = 503, .retry_after = std::chrono::hours{24}});
    CHECK(r.order.is_closed(j, at(0ms)));
    r.add("a");
    r.add("b");
    r.add("a");
    CHECK(r.all(at(1ms)) == hosts{"b"});
    CHECK(r.order.take_refused().size() == 2);
    CHECK(r.order.take_refused().empty());
    CHECK(r.order.size() == 0);
    CHECK_FALSE(r.order.wake_at());
}

TEST_CASE("what waits is refused, too, when its host closes") {
    some_run r{{.per_host = 1}};
    for (int i = 0; i < 3; ++i)
        r.add("a");
    r.all(at(0ms));
    r.end("a", {.at = at(0ms), .status = 429, .retry_after = std::chrono::hours{24}});
    CHECK(r.all(at(0ms)).empty());
    CHECK(r.order.take_refused().size() == 2);
    CHECK(r.order.size() == 0);
}

TEST_CASE("a URL with a time of its own waits for that, and nobody with it") {
    some_run r;
    r.order.add_at(at(50ms), {.what = {.id = 9, .url = "http://a/"}});
    r.add("a");
    CHECK(r.all(at(0ms)) == hosts{"a"});
    CHECK(r.order.wake_at() == at(50ms));
    CHECK(r.all(at(49ms)).empty());
    CHECK(r.all(at(50ms)) == hosts{"a"});
    CHECK(r.ids.back() == 9);
}

TEST_CASE("a redirect counts where it leads") {
    some_run r{{.per_host = 1}};
    r.add("b");
    r.all(at(0ms));
    r.order.add_first({.what = {.id = 7, .url = "http://a/", .at = "http://b/x"}});
    CHECK(r.all(at(0ms)).empty());
    r.end("b", {.at = at(1ms), .status = 200});
    CHECK(r.all(at(1ms)) == hosts{"a"}); // the URL that the list has
    CHECK(r.ids.back() == 7);
}

TEST_CASE("a host's robots.txt goes before all else of that host") {
    some_run r{{.robots = true, .robot = "ladder"}};
    const auto learn = [&](queued_task robots, std::string text) {
        r.order.over(robots, {.at = at(2ms), .status = 200});
        r.order.learn(robots.what, {.status = 200, .text = std::move(text)}, at(2ms));
    };
    for (const char* host : {"a", "a", "b", "a"})
        r.add(host);
    auto robots_of_a = r.order.next(at(0ms));
    REQUIRE(robots_of_a);
    CHECK(robots_of_a->what.robots);
    CHECK(robots_of_a->what.url == "http://a/robots.txt");
    auto robots_of_b = r.order.next(at(0ms));
    REQUIRE(robots_of_b);
    CHECK(robots_of_b->what.url == "http://b/robots.txt");
    CHECK_FALSE(r.order.next(at(0ms)));

    r.order.over(*robots_of_a, {.at = at(1ms), .status = 301});
    robots_of_a->what.at = "http://a/elsewhere.txt"; // others do not go before that, too
    r.order.add_first(std::move(*robots_of_a));
    robots_of_a = r.order.next(at(1ms));
    REQUIRE(robots_of_a);
    CHECK(robots_of_a->what.at == "http://a/elsewhere.txt");
    CHECK_FALSE(r.order.next(at(1ms)));

    learn(std::move(*robots_of_a), "User-agent: *\nAllow: /");
    CHECK(r.all(at(2ms)) == hosts{"a", "a", "a"});
    learn(std::move(*robots_of_b), "User-agent: *\nDisallow: /");
    CHECK(r.all(at(2ms)).empty());
    CHECK(r.order.take_refused().size() == 1);
    CHECK(r.order.size() == 0);
}

TEST_CASE("a robots.txt is asked for by the link that leads to its host") {
    some_run r{{.robots = true, .robot = "ladder"}};
    r.add("[fe80::1%25eth0]:81");
    const auto robots = r.order.next(at(0ms));
    REQUIRE(robots);
    CHECK(robots->what.url == "http://[fe80::1%25eth0]:81/robots.txt");
    r.order.over(*robots, {.at = at(1ms), .status = 404});
    r.order.learn(robots->what, {.status = 404}, at(1ms));
    CHECK(r.all(at(1ms)).size() == 1);
}

TEST_CASE("the look ahead goes on while hosts wait, and has an end") {
    some_run r{{.per_host = 1}};
    std::size_t added = 0;
    for (; r.order.wants_more(); ++added) {
        r.add("slow");
        r.all(at(0ms));
    }
    CHECK(added == turns::most_waiting + 1); // one is in flight
    r.order.clear();
    CHECK(r.order.size() == 0);
    CHECK(r.order.wants_more());

    some_run long_ones{{.per_host = 1}};
    for (added = 0; long_ones.order.wants_more(); ++added) {
        long_ones.order.add(
            {.what = {.id = added, .url = "http://a/" + std::string(60'000, 'x')}});
        long_ones.all(at(0ms));
    }
    CHECK(added * 60'000 < turns::most_bytes + 200'000);
}

TEST_CASE("nothing is lost, and no limit is broken, whatever happens") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        std::uint64_t state = seed;
        const auto pick = [&](std::uint64_t below) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            return (state >> 33) % below;
        };
        const std::size_t most = 1 + pick(3);
        some_run r{{.per_host = most, .per_host_rate = pick(2) != 0 ? 200.0 : 0.0}};
        std::map<std::string, std::size_t> flying;
        std::size_t added = 0, over = 0, refused = 0;
        auto now = 0ms;
        for (int step = 0; step < 3'000 || over + refused < added; ++step) {
            INFO("seed " << seed << ", step " << step);
            REQUIRE(step < 200'000);
            if (step < 3'000 && pick(2) == 0) {
                r.add("h" + std::to_string(pick(5)));
                ++added;
            }
            for (const auto& host : r.all(at(now)))
                REQUIRE(++flying[host] <= most);
            refused += r.order.take_refused().size();
            now += std::chrono::milliseconds{pick(4)};
            const std::string host = "h" + std::to_string(pick(5));
            if (flying[host] == 0) continue;
            const bool trouble = pick(10) == 0;
            queued_task j = r.end(host, {.at = at(now), .status = trouble ? 429 : 200});
            --flying[host];
            if (trouble && pick(2) == 0)
                r.order.add_at(at(now + 10ms), std::move(j));
            else
                ++over;
        }
        CHECK(r.order.size() == 0);
    }
}
