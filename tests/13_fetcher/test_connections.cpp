#include "connections.hpp"
#include "event_loop.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>

using namespace ladder::fetcher;
using namespace std::chrono_literals;
using ladder::http_url;
using ladder::fibers_on_asio::event_loop;

namespace {

/// A socket that is told from others by its descriptor.
tcp::socket new_socket(event_loop& loop) {
    return tcp::socket{loop.context(), tcp::v4()};
}

} // namespace

TEST_CASE("a host's connections come back, the last one first") {
    event_loop loop;
    idle_connections idle{10};
    tcp::socket a = new_socket(loop);
    tcp::socket b = new_socket(loop);
    const int first = a.native_handle();
    const int second = b.native_handle();
    idle.put("x", std::move(a));
    idle.put("x", std::move(b));
    CHECK_FALSE(idle.take("y"));
    CHECK(idle.take("x")->native_handle() == second);
    CHECK(idle.take("x")->native_handle() == first);
    CHECK_FALSE(idle.take("x"));
    CHECK_FALSE(idle.close_oldest());
}

TEST_CASE("beyond the limit the connection that is idle for the longest is closed") {
    event_loop loop;
    idle_connections idle{2};
    for (const char* host : {"x", "x", "y"})
        idle.put(host, new_socket(loop));
    CHECK(idle.take("x"));
    CHECK_FALSE(idle.take("x"));
    idle.put("z", new_socket(loop));
    CHECK(idle.close_oldest());
    CHECK_FALSE(idle.take("y"));
    CHECK(idle.take("z"));
}

TEST_CASE("an address literal is not looked up") {
    event_loop loop;
    host_addresses addresses{loop.context()};
    std::error_code error;
    const auto passed = std::chrono::steady_clock::now() - 1s;
    const auto four = addresses.find({"127.0.0.1", "80", "/"}, passed, error);
    REQUIRE(four.size() == 1);
    CHECK(four[0] == tcp::endpoint{boost::asio::ip::make_address("127.0.0.1"), 80});
    CHECK(addresses.find({"::1", "65535", "/"}, passed, error).at(0).port() == 65535);
    CHECK_FALSE(error);
}

TEST_CASE("a lookup is done by the deadline, or it is a timeout") {
    event_loop loop;
    host_addresses addresses{loop.context()};
    std::error_code error;
    const auto passed = std::chrono::steady_clock::now() - 1s;
    const auto found = addresses.find({"localhost", "80", "/"}, passed, error);
    // The resolver's thread may be quicker than we are; both are right, but not a mix.
    if (found.empty())
        CHECK(error == std::errc::timed_out);
    else
        CHECK_FALSE(error);
}

TEST_CASE("a name is looked up") {
    event_loop loop;
    host_addresses addresses{loop.context()};
    std::error_code error;
    const auto end = std::chrono::steady_clock::now() + 30s;
    CHECK_FALSE(addresses.find({"localhost", "80", "/"}, end, error).empty());
    CHECK_FALSE(error);
}
