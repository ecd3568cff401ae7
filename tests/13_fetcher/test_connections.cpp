#include "fetcher/connections.hpp"
#include "fibers_on_asio/event_loop.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace ladder::fetcher;
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
