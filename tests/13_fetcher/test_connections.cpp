#include "fetcher/connections.hpp"
#include "fibers_on_asio/event_loop.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch_test_macros.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace ladder::fetcher;
using ladder::fibers_on_asio::event_loop;

namespace {

/// Connections, which are told from each other by their descriptors, and their other
/// ends.
struct connections {
    event_loop loop{};
    tcp::acceptor acceptor{loop.context(), {boost::asio::ip::address_v4::loopback(), 0}};
    std::vector<tcp::socket> others{};

    tcp::socket make() {
        tcp::socket socket{loop.context()};
        socket.connect(acceptor.local_endpoint());
        others.push_back(acceptor.accept());
        return socket;
    }
};

void wait_for_bytes(tcp::socket& socket) {
    socket.wait(tcp::socket::wait_read);
}

} // namespace

TEST_CASE("a host's connections come back, the last one first") {
    connections all;
    idle_connections idle{10};
    tcp::socket a = all.make();
    tcp::socket b = all.make();
    const int first = a.native_handle();
    const int second = b.native_handle();
    idle.put("x", connection{std::move(a)});
    idle.put("x", connection{std::move(b)});
    CHECK_FALSE(idle.take("y"));
    CHECK(idle.take("x")->socket().native_handle() == second);
    CHECK(idle.take("x")->socket().native_handle() == first);
    CHECK_FALSE(idle.take("x"));
    CHECK_FALSE(idle.close_oldest());
}

TEST_CASE("a connection on which something came in, or its end, is not used again") {
    connections all;
    idle_connections idle{10};
    std::vector<tcp::socket> mine;
    for (int i = 0; i < 3; ++i)
        mine.push_back(all.make());
    const int quiet = mine[0].native_handle();
    boost::asio::write(all.others[1], boost::asio::buffer("late", 4));
    all.others[2].close();
    wait_for_bytes(mine[1]);
    wait_for_bytes(mine[2]);
    for (tcp::socket& socket : mine)
        idle.put("x", connection{std::move(socket)});
    CHECK(idle.take("x")->socket().native_handle() == quiet);
    CHECK_FALSE(idle.take("x"));
    CHECK_FALSE(idle.close_oldest()); // they are closed
}

TEST_CASE("beyond the limit the connection that is idle for the longest is closed") {
    connections all;
    idle_connections idle{2};
    for (const char* host : {"x", "x", "y"})
        idle.put(host, connection{all.make()});
    CHECK(idle.take("x"));
    CHECK_FALSE(idle.take("x"));
    idle.put("z", connection{all.make()});
    CHECK(idle.close_oldest());
    CHECK_FALSE(idle.take("y"));
    CHECK(idle.take("z"));
}
