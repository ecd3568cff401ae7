#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/resolver.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/fiber/fiber.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <system_error>
#include <vector>

using namespace ladder::fibers_on_asio;
using namespace std::chrono_literals;

TEST_CASE("an address literal is not looked up") {
    event_loop loop;
    resolver names{loop.context()};
    std::error_code error;
    const auto passed = std::chrono::steady_clock::now() - 1s;
    const auto four = names.find({"127.0.0.1", "80", "/"}, passed, error);
    REQUIRE(four.size() == 1);
    CHECK(four[0] == resolver::endpoint{boost::asio::ip::make_address("127.0.0.1"), 80});
    CHECK(names.find({"::1", "65535", "/"}, passed, error).at(0).port() == 65535);
    CHECK_FALSE(error);
}

TEST_CASE("what ends in .localhost is this machine, and no server is asked") {
    event_loop loop;
    resolver names{loop.context()};
    const auto passed = std::chrono::steady_clock::now() - 1s;
    for (const char* name : {"a.localhost", "A.b.LOCALHOST.", "localhost."}) {
        std::error_code error;
        const auto found = names.find({name, "80", "/"}, passed, error);
        REQUIRE(found.size() == 2);
        for (const resolver::endpoint& one : found) {
            CHECK(one.address().is_loopback());
            CHECK(one.port() == 80);
        }
        CHECK_FALSE(error);
    }
}

TEST_CASE("a lookup is done by the deadline, or it is a timeout") {
    event_loop loop;
    resolver names{loop.context()};
    std::error_code error;
    const auto passed = std::chrono::steady_clock::now() - 1s;
    const auto found = names.find({"localhost", "80", "/"}, passed, error);
    // The resolver's thread may be quicker than we are; both are right, but not a mix.
    if (found.empty())
        CHECK(error == std::errc::timed_out);
    else
        CHECK_FALSE(error);
}

TEST_CASE("a name is looked up") {
    event_loop loop;
    resolver names{loop.context()};
    std::error_code error;
    const auto end = std::chrono::steady_clock::now() + 30s;
    CHECK_FALSE(names.find({"localhost", "80", "/"}, end, error).empty());
    CHECK_FALSE(error);
}

TEST_CASE("fibers that ask for the same name all get its addresses") {
    event_loop loop;
    resolver names{loop.context()};
    const auto end = std::chrono::steady_clock::now() + 30s;
    std::vector<std::vector<resolver::endpoint>> found(3);
    std::vector<boost::fibers::fiber> fibers;
    for (auto& mine : found)
        fibers.emplace_back([&] {
            std::error_code error;
            mine = names.find({"localhost", "80", "/"}, end, error);
        });
    for (auto& fiber : fibers)
        fiber.join();
    CHECK_FALSE(found[0].empty());
    CHECK(found[0] == found[1]);
    CHECK(found[0] == found[2]);
}

TEST_CASE("a lookup may outlive who asked for it") {
    event_loop loop;
    const auto passed = std::chrono::steady_clock::now() - 1s;
    for (int i = 0; i < 10; ++i) { // the last ones end in the loop's destructor
        resolver names{loop.context()};
        std::error_code error;
        names.find({"localhost", "80", "/"}, passed, error);
    }
}
