// What to scan: ports and hosts as the user writes them, and the parts of the whole.

#include "port_scanner/targets.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

using namespace ladder::port_scanner;

namespace {

std::vector<number> numbers(const number_set& set) {
    std::vector<number> result;
    for (std::uint64_t i = 0; i < set.size(); ++i)
        result.push_back(set[i]);
    return result;
}

std::vector<std::string> texts(const std::string& hosts) {
    return hosts_text(parse_hosts(hosts));
}

} // namespace

TEST_CASE("ports are one, a range, or a list, each once and in order") {
    using list = std::vector<number>;
    CHECK(numbers(parse_ports("80")) == list{80});
    CHECK(numbers(parse_ports("22,80,8000-8003")) ==
          list{22, 80, 8000, 8001, 8002, 8003});
    CHECK(numbers(parse_ports("80,22,79-81,82,22")) == list{22, 79, 80, 81, 82});
    CHECK(parse_ports("1-65535").size() == 65'535);
    CHECK(ports_text(parse_ports("80,22,79-81,82,22")) == "22,79-82");
    CHECK(ports_text(parse_ports("1-65535")) == "1-65535");
}

TEST_CASE("what is no port is refused, and named") {
    for (const char* text :
         {"", "0", "65536", "0-5", "5-4", "1-65536", "-5", "5-", "80,", ",80", "80,,81",
          "http", "80 ", "+80", "0x50", "1-2-3", "99999999999999999999", "80;81"}) {
        INFO(text);
        CHECK_THROWS_AS(parse_ports(text), std::invalid_argument);
    }
    CHECK_THROWS_MATCHES(parse_ports("22,http"), std::invalid_argument,
                         Catch::Matchers::Message(
                             "'http' is no port or range of ports like 80 or 1-65535"));
}

TEST_CASE("hosts are addresses, networks and names") {
    CHECK(numbers(parse_hosts("127.0.0.1")) == std::vector<number>{ipv4(0x7f000001)});
    CHECK(parse_hosts("127.0.0.0/28").size() == 16);
    CHECK(address_text(parse_hosts("127.0.0.9/28")[0]) == "127.0.0.0");
    CHECK(address_text(parse_hosts("127.0.0.9/28")[15]) == "127.0.0.15");
    CHECK(parse_hosts("127.0.0.0/8").size() == 1U << 24);
    CHECK(parse_hosts("0.0.0.0/0").size() == 1ULL << 32);
    CHECK(numbers(parse_hosts("localhost")) == numbers(parse_hosts("127.0.0.1")));
    for (const char* text :
         {"", "127.0.0.1/33", "127.0.0.1/", "127.0.0.1/-1", "localhost/8", "::g", "a b",
          "127.0.0.1/8/8", "no-such-host.invalid"}) {
        INFO(text);
        CHECK_THROWS_AS(parse_hosts(text), std::invalid_argument);
    }
}

TEST_CASE("an address that could be read in two ways is refused") {
    for (const char* text :
         {"127.0.0.010", "0127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001",
          "0x7f.0.0.1", "127.0.0.0x1", "127.0.0.1.", "127.0.0.010/32", "0", "1.2.3.4.5",
          "256.1.1.1", "017700000001", "[127.0.0.010]", "0x"}) {
        INFO(text);
        CHECK_THROWS_MATCHES(
            parse_hosts(text), std::invalid_argument,
            Catch::Matchers::MessageMatches(Catch::Matchers::ContainsSubstring(
                "is no address that everybody reads alike")));
    }
}

TEST_CASE("a link-local address is refused, for nobody can be asked without its zone") {
    for (const char* text : {"fe80::1", "[fe80::1]", "febf::9", "fe80::/120",
                             "fe80::1%lo", "[fe80::1%25lo]", "::1%lo"}) {
        INFO(text);
        CHECK_THROWS_MATCHES(
            parse_hosts(text), std::invalid_argument,
            Catch::Matchers::MessageMatches(
                Catch::Matchers::ContainsSubstring("no zone is scanned")));
    }
    CHECK(parse_hosts("fec0::1").size() == 1);
    CHECK(parse_hosts("fe7f::1").size() == 1);
}

TEST_CASE("IPv6 hosts and networks") {
    using list = std::vector<std::string>;
    CHECK(texts("::1") == list{"::1"});
    CHECK(texts("[::1]") == list{"::1"});
    CHECK(texts("2001:db8::9/124") == list{"2001:db8::/124"});
    CHECK(parse_hosts("2001:db8::/96").size() == 1ULL << 32);
    CHECK(texts("::ffff:127.0.0.1") == list{"127.0.0.1"}); // the same machine
    CHECK(texts("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127") ==
          list{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"});
    CHECK(address_text(parse_hosts("2001:db8::fffe/127")[1]) == "2001:db8::ffff");
    number_set both = parse_hosts("127.0.0.1");
    both.add(parse_hosts("::1"));
    CHECK(hosts_text(both) == list{"::1", "127.0.0.1"});
    CHECK(hosts_elsewhere(both) == 0);
    CHECK(hosts_elsewhere(parse_hosts("::/127")) == 1);
    CHECK(hosts_elsewhere(parse_hosts("2001:db8::/96")) == 1ULL << 32);
    const targets all{both, parse_ports("80")};
    CHECK(endpoint_text(all[0]) == "[::1]:80");
    CHECK(endpoint_text(all[1]) == "127.0.0.1:80");
    for (const char* text :
         {"::/95", "::1/129", "fe80::1%lo", ":::", "1::2::3", "[::1", "::1]", "::/0"}) {
        INFO(text);
        CHECK_THROWS_AS(parse_hosts(text), std::invalid_argument);
    }
}

TEST_CASE("a worker gets the hosts as text, and has the same ones again") {
    using list = std::vector<std::string>;
    CHECK(texts("127.0.0.1") == list{"127.0.0.1"});
    CHECK(texts("127.0.0.9/28") == list{"127.0.0.0/28"});
    CHECK(texts("0.0.0.0/0") == list{"0.0.0.0/0"});
    CHECK(texts("255.255.255.255") == list{"255.255.255.255"});
    number_set odd;
    odd.add({ipv4(1), ipv4(0x7fffffff)});
    odd.add({ipv4(0x80000001), ipv4(0xffffffff)});
    number_set again;
    for (const std::string& text : hosts_text(odd))
        again.add(parse_hosts(text));
    CHECK(again.size() == odd.size());
    CHECK(hosts_text(again) == hosts_text(odd));
}

TEST_CASE("only 127.0.0.0/8 is surely this machine") {
    CHECK(hosts_elsewhere(parse_hosts("127.0.0.0/8")) == 0);
    CHECK(hosts_elsewhere(parse_hosts("192.0.2.1")) == 1);
    CHECK(hosts_elsewhere(parse_hosts("192.0.2.0/24")) == 256);
    CHECK(hosts_elsewhere(parse_hosts("126.0.0.0/7")) == 1U << 24);
    CHECK(hosts_elsewhere(parse_hosts("0.0.0.0/0")) == (1ULL << 32) - (1ULL << 24));
}

TEST_CASE("targets are all ports of the first host, then those of the next") {
    const targets all{parse_hosts("127.0.0.4/31"), parse_ports("22,80-81")};
    REQUIRE(all.size() == 6);
    CHECK(all[0] == endpoint{ipv4(0x7f000004), 22});
    CHECK(all[2] == endpoint{ipv4(0x7f000004), 81});
    CHECK(all[3] == endpoint{ipv4(0x7f000005), 22});
    CHECK(all[5] == endpoint{ipv4(0x7f000005), 81});
}

TEST_CASE("the parts of any range are without gap or overlap, and even") {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    for (const std::uint64_t size : std::vector<std::uint64_t>{
             0, 1, 2, 7, 16, 1000, 65'535, 281'470'681'677'825, most - 1, most})
        for (const std::uint64_t parts : {1U, 2U, 3U, 7U, 16U, 255U, 256U}) {
            INFO(size << " numbers in " << parts << " parts");
            std::uint64_t next = 0;
            for (std::uint64_t i = 0; i < parts; ++i) {
                const part p = part_of(size, i, parts);
                REQUIRE(p.first == next);
                REQUIRE(p.last - p.first >= size / parts);
                REQUIRE(p.last - p.first <= size / parts + (size % parts == 0 ? 0 : 1));
                next = p.last;
            }
            REQUIRE(next == size);
        }
}
