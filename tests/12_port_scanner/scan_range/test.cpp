// Checks scan_range against a network that is made up: nothing is sent, and who waits for
// what is decided here.

#include "scan_range.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <set>
#include <vector>

using ladder::answer;
using ladder::port_range;
using ladder::scan_range;

namespace {

/// Ports that answer after some turns of the other fibers.
struct network {
    std::set<int> open{};
    std::set<int> silent{}; ///< Wait until `others` ports have answered.
    std::size_t others = 0;
    std::size_t descriptors = 1'000'000;
    int busy_for = 0; ///< So many turns more for each answer.

    std::map<int, int> asked{}; ///< How often.
    std::size_t in_flight = 0;
    std::size_t peak = 0;
    std::size_t answered = 0;
    std::size_t many_after = 0; ///< So many answers there are descriptors for all.
    int refusals_in_a_row = 0;
    bool never_let_go = false; ///< Somebody asked for a descriptor without a pause.
    bool gave_up = false;      ///< The others never got done.

    answer ask(int port) {
        if (many_after > 0 && answered >= many_after) descriptors = 1'000;
        if (in_flight == descriptors) {
            if (++refusals_in_a_row < 10'000) return answer::no_descriptor;
            never_let_go = true; // an answer, so that this ends
            return answer::closed;
        }
        refusals_in_a_row = 0;
        ++asked[port];
        peak = std::max(peak, ++in_flight);
        const bool answers = !silent.contains(port);
        for (int turns = 0; turns < busy_for; ++turns)
            boost::this_fiber::yield();
        if (answers)
            for (int turns = 1 + (port * 7) % 5; turns > 0; --turns) // not in their order
                boost::this_fiber::yield();
        else
            wait_for_others();
        --in_flight;
        answered += answers ? 1 : 0;
        if (!answers) return answer::silent;
        return open.contains(port) ? answer::open : answer::closed;
    }

    std::vector<int> scan(port_range all, int part, int parts, std::size_t fibers) {
        return scan_range(all, part, parts, fibers,
                          [this](int port) { return ask(port); });
    }

private:
    void wait_for_others() {
        for (int turns = 0; answered < others; ++turns) {
            if (turns == 10'000) {
                gave_up = true;
                return;
            }
            boost::this_fiber::yield();
        }
    }
};

std::vector<int> ports_asked(const network& net) {
    std::vector<int> ports;
    for (const auto& [port, times] : net.asked)
        ports.push_back(port);
    return ports;
}

int most_often(const network& net) {
    int most = 0;
    for (const auto& [port, times] : net.asked)
        most = std::max(most, times);
    return most;
}

} // namespace

TEST_CASE("the open ports are found") {
    network net{.open = {1003, 1007}};
    CHECK(net.scan({1000, 1010}, 0, 1, 1) == std::vector{1003, 1007});
}

TEST_CASE("the parts together are the range, without gap or overlap") {
    for (const int first : {1, 1000})
        for (const int size : {0, 1, 2, 10, 11, 97})
            for (const int parts : {1, 2, 3, 4, 10, 13}) {
                network net;
                INFO("ports " << first << " to " << first + size - 1 << ", " << parts
                              << " processes");
                for (int part = 0; part < parts; ++part)
                    net.scan({first, first + size}, part, parts, 3);
                const auto asked = ports_asked(net);
                REQUIRE(asked.size() == static_cast<std::size_t>(size));
                if (size > 0) REQUIRE(asked.front() == first);
                if (size > 0) REQUIRE(asked.back() == first + size - 1);
                INFO("why: two processes that ask the same port report it twice");
                REQUIRE(most_often(net) <= 1);
            }
}

TEST_CASE("no part is larger than another by more than one") {
    for (const int size : {1, 10, 11, 97})
        for (const int parts : {2, 3, 4, 13}) {
            std::size_t least = std::numeric_limits<std::size_t>::max();
            std::size_t most = 0;
            for (int part = 0; part < parts; ++part) {
                network net;
                net.scan({1000, 1000 + size}, part, parts, 2);
                least = std::min(least, net.asked.size());
                most = std::max(most, net.asked.size());
            }
            INFO(size << " ports, " << parts << " processes");
            REQUIRE(most - least <= 1);
        }
}

TEST_CASE("as many ports are asked at a time as there are fibers, and no more") {
    for (const std::size_t fibers : {1U, 7U, 50U}) {
        network net;
        net.scan({1, 201}, 0, 1, fibers);
        CHECK(net.peak == fibers);
    }
    for (const int ports : {1, 2, 6, 7, 8}) {
        network net;
        net.scan({1, 1 + ports}, 0, 1, 7);
        INFO(ports << " ports, 7 fibers");
        CHECK(net.peak == static_cast<std::size_t>(std::min(ports, 7)));
    }
}

TEST_CASE("every port is asked once") {
    network net;
    net.scan({1, 101}, 0, 1, 10);
    CHECK(net.asked.size() == 100);
    CHECK(most_often(net) == 1);
}

TEST_CASE("a silent port keeps one fiber waiting, and nobody else") {
    network net{.silent = {1000, 1005}, .others = 98};
    net.scan({1000, 1100}, 0, 1, 4);
    INFO("why: the silent ports wait here until all others have answered");
    CHECK_FALSE(net.gave_up);
    CHECK(net.answered == 98);
}

TEST_CASE("the open ports are in order, whoever answered first") {
    std::set<int> open;
    for (int port = 1; port < 101; port += 2)
        open.insert(port);
    network net{.open = open};
    CHECK(net.scan({1, 101}, 0, 1, 10) == std::vector<int>(open.begin(), open.end()));
}

TEST_CASE("a port without a descriptor is asked again, and not called closed") {
    std::set<int> open;
    for (int port = 1; port < 101; ++port)
        open.insert(port);
    network net{.open = open, .descriptors = 3};
    CHECK(net.scan({1, 101}, 0, 1, 10).size() == 100);
    CHECK(net.asked.size() == 100);
    CHECK(most_often(net) == 1);
}

TEST_CASE("who waits for a descriptor lets the others run") {
    network net{.descriptors = 1};
    net.scan({1, 21}, 0, 1, 2);
    INFO("why: the fiber that has the only descriptor gives it back when it runs");
    CHECK_FALSE(net.never_let_go);
}

TEST_CASE("more silent ports than fibers end, too") {
    network net{.open = {1050}, .silent = {}, .others = 0};
    for (int port = 1000; port < 1040; ++port)
        net.silent.insert(port);
    CHECK(net.scan({1000, 1100}, 0, 1, 4) == std::vector{1050});
    CHECK(net.asked.size() == 100);
    CHECK(most_often(net) == 1);
    CHECK(net.peak == 4);
}

TEST_CASE("a fiber that had no descriptor asks on when there are some again") {
    network net{.descriptors = 3};
    net.many_after = 20;
    net.scan({1, 201}, 0, 1, 10);
    CHECK(net.asked.size() == 200);
    CHECK(net.peak == 10);
}

TEST_CASE("two scans one after the other know nothing of each other") {
    network first{.open = {1}}, second{.open = {2}};
    CHECK(first.scan({1, 5}, 0, 1, 2) == std::vector{1});
    CHECK(second.scan({1, 5}, 0, 1, 2) == std::vector{2});
}

TEST_CASE("all 65,535 ports, and 1,000 fibers") {
    network net{.open = {1, 65535}};
    CHECK(net.scan({1, 65536}, 0, 1, 1'000) == std::vector{1, 65535});
    CHECK(net.asked.size() == 65535);
    CHECK(net.peak == 1'000);
}

TEST_CASE("a port that has to wait long for a descriptor gets it") {
    network net{.open = {7, 8}, .descriptors = 1};
    net.busy_for = 5'000;
    CHECK(net.scan({7, 9}, 0, 1, 2) == std::vector{7, 8});
    CHECK(most_often(net) == 1);
}
