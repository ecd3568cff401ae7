// One process, one part: every port gets its true verdict, whatever happens.

#include "fibers_on_asio/event_loop.hpp"
#include "leftovers.hpp"
#include "port_scanner/loopback_ports.hpp"
#include "port_scanner/scan.hpp"
#include "workbench/machine_limits.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cerrno>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace ladder::port_scanner;
using namespace std::chrono_literals;
using ladder::descriptor_limit;
using ladder::fibers_on_asio::event_loop;

namespace {

struct seen {
    std::uint16_t port;
    verdict what;
};

/// What a scan said, in the order in which it said it.
struct outcome {
    std::vector<seen> said{};
    scan_notes notes{};

    std::set<std::uint16_t> ports(port_state state) const {
        std::set<std::uint16_t> result;
        for (const seen& s : said)
            if (s.what.state == state) result.insert(s.port);
        return result;
    }
};

number_set set_of(const std::set<std::uint16_t>& ports) {
    number_set result;
    for (const std::uint16_t port : ports)
        result.add({port, port});
    return result;
}

outcome scan_ports(const std::set<std::uint16_t>& ports, const scan_options& options) {
    const targets all{parse_hosts("127.0.0.1"), set_of(ports)};
    event_loop loop;
    outcome result;
    std::set<std::uint64_t> indices;
    result.notes = scan(loop, all, {0, all.size()}, options,
                        [&](std::uint64_t index, const verdict& v) {
                            CHECK(indices.insert(index).second);
                            result.said.push_back({all[index].port, v});
                        });
    CHECK(indices.size() == ports.size());
    return result;
}

/// Ports that the kernel gives to nobody who connects, and on which nobody listens.
std::set<std::uint16_t> closed_ports(std::size_t count) {
    const auto taken = ports_in_use();
    std::set<std::uint16_t> ports;
    for (std::uint16_t port = 2; ports.size() < count; ++port)
        if (!taken.contains(port)) ports.insert(port);
    return ports;
}

std::set<std::uint16_t> operator+(std::set<std::uint16_t> a,
                                  const std::set<std::uint16_t>& b) {
    a.insert(b.begin(), b.end());
    return a;
}

/// The limit with which this process may have so many descriptors more than it has.
std::size_t descriptors_and(std::size_t more) {
    const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(next);
    return static_cast<std::size_t>(next) + more;
}

} // namespace

TEST_CASE("a port is open, closed or filtered, and there is a reason") {
    std::mt19937 random{1};
    const listeners open{3, random};
    const silent_ports silent{3, random};
    const auto closed = closed_ports(50);
    const auto before = ladder::leftovers::now();
    const auto result =
        scan_ports(open.ports() + silent.ports() + closed, {.timeout = 100ms});
    CHECK(ladder::leftovers::since(before) == "");
    CHECK(result.ports(port_state::open) == open.ports());
    CHECK(result.ports(port_state::closed) == closed);
    CHECK(result.ports(port_state::filtered) == silent.ports());
    CHECK(reason({port_state::open, 0}, 100ms) == "connected");
    CHECK(reason({port_state::closed, ECONNREFUSED}, 100ms) == "connection refused");
    CHECK(reason({port_state::filtered, ETIMEDOUT}, 100ms) == "no answer in 100 ms");
    CHECK(reason({port_state::filtered, EHOSTUNREACH}, 1s) == "no route to host");
}

TEST_CASE("a socket that is connected to itself is no open port") {
    const auto taken = ports_in_use();
    std::uint16_t port = 30'000;
    while (taken.contains(port))
        ++port;
    int bound = 0;
    const auto bind_to_the_target = [&](int socket, const endpoint& target) {
        if (bound++ > 0) return; // the next time the kernel chooses
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(static_cast<std::uint32_t>(target.address));
        address.sin_port = htons(target.port);
        REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address),
                       sizeof address) == 0);
    };
    const auto result = scan_ports({port}, {.prepare = bind_to_the_target});
    CHECK(result.notes.self_connects == 1);
    CHECK(bound == 2);
    CHECK(result.ports(port_state::closed) == std::set{port});
}

TEST_CASE("as many ports are asked at a time as there are fibers, and no more") {
    std::mt19937 random{2};
    const silent_ports silent{12, random};
    const targets all{parse_hosts("127.0.0.1"), set_of(silent.ports())};
    int in_flight = 0;
    int peak = 0;
    event_loop loop;
    scan(loop, all, {0, all.size()},
         {.fibers = 5,
          .timeout = 50ms,
          .prepare = [&](int, const endpoint&) { peak = std::max(peak, ++in_flight); }},
         [&](std::uint64_t, const verdict&) { --in_flight; });
    CHECK(peak == 5);
    CHECK(in_flight == 0);
}

TEST_CASE("a silent port delays nobody else") {
    std::mt19937 random{3};
    const silent_ports silent{1, random};
    const auto result =
        scan_ports(silent.ports() + closed_ports(200), {.fibers = 2, .timeout = 1s});
    REQUIRE(result.said.size() == 201);
    CHECK(result.said.back().port == *silent.ports().begin());
}

TEST_CASE("a part is scanned, and nothing beside it") {
    const auto ports = closed_ports(10);
    const targets all{parse_hosts("127.0.0.1"), set_of(ports)};
    std::set<std::uint64_t> indices;
    event_loop loop;
    scan(loop, all, {3, 7}, {},
         [&](std::uint64_t index, const verdict&) { indices.insert(index); });
    CHECK(indices == std::set<std::uint64_t>{3, 4, 5, 6});
    scan(loop, all, {7, 7}, {},
         [&](std::uint64_t index, const verdict&) { indices.insert(index); });
    CHECK(indices.size() == 4);
}

TEST_CASE("without descriptors a port waits, and none is missed") {
    std::mt19937 random{4};
    const listeners open{30, random};
    const silent_ports silent{40, random};
    const auto closed = closed_ports(30);
    // The event loop needs some; what is left is far too little for 100 fibers.
    const descriptor_limit few{descriptors_and(12)};
    const auto result = scan_ports(open.ports() + silent.ports() + closed,
                                   {.fibers = 100, .timeout = 20ms});
    CHECK(result.notes.waits > 0);
    CHECK(result.ports(port_state::open) == open.ports());
    CHECK(result.ports(port_state::closed) == closed);
    CHECK(result.ports(port_state::filtered) == silent.ports());
}

TEST_CASE("without one single descriptor it says so, and does not wait for ever") {
    const targets all{parse_hosts("127.0.0.1"), parse_ports("1-100")};
    event_loop loop;
    const descriptor_limit none{descriptors_and(0)};
    try {
        scan(loop, all, {0, all.size()}, {}, [](std::uint64_t, const verdict&) {});
        FAIL("it scanned with nothing");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::too_many_files_open);
    }
}

TEST_CASE("what the sink throws ends the scan, and arrives") {
    const targets all{parse_hosts("127.0.0.1"), parse_ports("1-100")};
    event_loop loop;
    CHECK_THROWS_AS(
        scan(loop, all, {0, all.size()}, {.fibers = 7},
             [](std::uint64_t, const verdict&) { throw std::runtime_error{"full"}; }),
        std::runtime_error);
}
