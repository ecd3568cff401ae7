// Every way, against the stand-in; and the stand-in's own counting.

#include "five_hundred_databases/database.hpp"
#include "five_hundred_databases/stand_in_protocol.hpp"
#include "five_hundred_databases/ways.hpp"
#include "leftovers.hpp"
#include "run_program.hpp"
#include "sanitizer.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace ladder;
using namespace ladder::five_hundred_databases;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string rung_program = LADDER_BIN_DIR "/14_five_hundred_databases";

struct outcome {
    answers said;
    server_counters seen;
    std::size_t opened = 0;
};

/// Asks by a program of its own, as the race does: some ways fork.
outcome ask(const std::string& way, const database& server,
            const std::vector<std::string>& options) {
    observer observer{server.port()};
    observer.reset();
    const auto before = observer.counters();
    std::vector<std::string> argv{rung_program, "way", way, "--port",
                                  std::to_string(server.port())};
    argv.insert(argv.end(), options.begin(), options.end());
    const auto ended = run_program(argv);
    INFO(ended.output);
    REQUIRE(ended.status == 0);
    const auto value = boost::json::parse(ended.output);
    outcome result;
    result.said.good = value.at("good").to_number<std::size_t>();
    for (const auto& [what, count] : value.at("errors").as_object())
        result.said.errors[what] = count.to_number<std::size_t>();
    result.seen = observer.counters_when_quiet();
    result.opened = result.seen.connections - before.connections;
    return result;
}

std::vector<std::string> way_names() {
    std::vector<std::string> names;
    for (const way& one : all_ways())
        names.emplace_back(one.name);
    return names;
}

} // namespace

TEST_CASE("five hundred hosts have five hundred addresses") {
    std::set<std::string> addresses;
    for (std::size_t i = 0; i < all_hosts; ++i)
        addresses.insert(host(i));
    CHECK(addresses.size() == 500);
    CHECK(host(0) == "127.0.1.1");
    CHECK(host(499) == "127.0.2.244");
}

TEST_CASE("every way asks every host once, and says goodbye to each") {
    const auto before = leftovers::now();
    {
        const database server{database::kind::stand_in};
        for (const std::string& name : way_names()) {
            INFO(name);
            const auto result =
                ask(name, server, {"--hosts", "40", "--query", "select sleep(0.01)"});
            CHECK(result.said.good == 40);
            CHECK(result.said.failed() == 0);
            CHECK(result.opened == 40);
            CHECK(result.seen.threads_connected == 0);
            CHECK(result.seen.aborted_clients == 0);
            CHECK(result.seen.aborted_connects == 0);
        }
    }
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("every way has as many in flight as it is told, and no more") {
    const database server{database::kind::stand_in};
    for (const std::string& name : way_names()) {
        INFO(name);
        const bool serial = name == "serial";
        // Nobody gets an answer before twenty have asked.
        const auto result = ask(name, server,
                                {"--hosts", "60", "--in-flight", "20", "--query",
                                 serial ? "select gate(1)" : "select gate(20)"});
        CHECK(result.said.good == 60);
        // The server notices a goodbye a moment after it was said, so a connection may
        // be counted that its client has left.
        CHECK(result.seen.max_used_connections >= (serial ? 1 : 20));
        CHECK(result.seen.max_used_connections <= (serial ? 2 : 40));
    }
}

TEST_CASE("five hundred in flight, in every way that can") {
    const database server{database::kind::stand_in};
    const std::size_t all = takes_long_to_start ? 100 : 500;
    for (const std::string& name : way_names()) {
        if (name == "serial") continue;
        if (thread_sanitizer && name == "processes") continue; // one thread in each
        INFO(name);
        const auto result = ask(name, server,
                                {"--hosts", std::to_string(all), "--query",
                                 "select gate(" + std::to_string(all) + ")"});
        CHECK(result.said.good == all);
        CHECK(result.seen.max_used_connections == all);
    }
}

TEST_CASE("an error stays with its host") {
    const database server{database::kind::stand_in};
    for (const std::string& name : way_names()) {
        INFO(name);
        // The last ten of them are no host of ours.
        const auto result = ask(name, server,
                                {"--first", "490", "--hosts", "20", "--in-flight", "20",
                                 "--query", "select sleep(0.01)"});
        CHECK(result.said.good == 10);
        CHECK(result.said.errors ==
              std::map<std::string, std::size_t>{{"Connection refused", 10}});
    }
}

TEST_CASE("who may not log in is told so, and is counted") {
    const database server{database::kind::stand_in};
    for (const std::string& name : way_names()) {
        INFO(name);
        const auto result = ask(name, server, {"--hosts", "4", "--user", "nobody"});
        CHECK(result.said.good == 0);
        CHECK(result.said.errors ==
              std::map<std::string, std::size_t>{{"Access denied for user 'nobody'", 4}});
        CHECK(result.seen.aborted_connects == 4);
    }
}

TEST_CASE("a wrong query is an error, and the connection is closed in order") {
    const database server{database::kind::stand_in};
    for (const std::string& name : way_names()) {
        INFO(name);
        const auto result = ask(name, server, {"--hosts", "4", "--query", "selec 1"});
        CHECK(result.said.failed() == 4);
        CHECK_THAT(result.said.errors.begin()->first, ContainsSubstring("stand-in"));
        CHECK(result.seen.aborted_clients == 0);
    }
}

TEST_CASE("a host that does not answer is given up, where nobody blocks") {
    const database server{database::kind::stand_in};
    for (const std::string name : {"coroutines", "fibers", "processes_and_fibers"}) {
        INFO(name);
        const auto result =
            ask(name, server,
                {"--hosts", "4", "--query", "select sleep(3600)", "--timeout", "0.2"});
        CHECK(result.said.good == 0);
        CHECK(result.said.failed() == 4);
    }
}

TEST_CASE("the coroutines on io_uring do what those on epoll do") {
    const std::string with_io_uring = LADDER_BIN_DIR "/ask_io_uring";
    if (run_program({with_io_uring, "--help"}).status != 0)
        SKIP("built without liburing");
    const database server{database::kind::stand_in};
    const auto ended = run_program({with_io_uring, "coroutines", "--port",
                                    std::to_string(server.port()), "--hosts", "40"});
    if (ended.status != 0) SKIP("the kernel refuses: " + ended.output);
    CHECK_THAT(ended.output, ContainsSubstring("\"good\":40,\"errors\":{}"));
}

TEST_CASE("Python's asyncio by hand does what the ways do") {
    if (run_program({"/usr/bin/env", "python3", "-c", "import asyncio"}).status != 0)
        SKIP("there is no python3 here");
    const std::string script = LADDER_BIN_DIR
        "/../../lessons/14_five_hundred_databases/five_hundred_databases.py";
    const database server{database::kind::stand_in};
    observer observer{server.port()};
    const auto ended =
        run_program({"/usr/bin/env", "python3", script, "asyncio", "--port",
                     std::to_string(server.port()), "--hosts", "40"});
    CHECK_THAT(ended.output, ContainsSubstring("\"good\": 40, \"errors\": {}"));
    CHECK(observer.counters_when_quiet().aborted_clients == 0);
}

TEST_CASE("a client that is gone without a goodbye is an aborted client") {
    const database server{database::kind::stand_in};
    observer observer{server.port()};
    const auto before = observer.counters();
    question q{.port = server.port(), .hosts = 3, .query = "select sleep(3600)"};
    q.timeout = std::chrono::milliseconds{100};
    CHECK(coroutines(q).failed() == 3);
    const auto now = observer.counters();
    CHECK(now.connections == before.connections + 3);
}

TEST_CASE("a bad command line of a way is one clear line and status 2") {
    for (const std::vector<std::string>& wrong :
         {std::vector<std::string>{"way"},
          {"way", "fiberz", "--port", "1"},
          {"way", "fibers"},
          {"way", "fibers", "--port", "70000"},
          {"way", "fibers", "--port", "1", "--in-flight", "0"},
          {"way", "fibers", "--port", "1", "--hosts", "many"},
          {"race", "--hosts", "501"},
          {"race", "--way", "fiberz"},
          {"--jsonn"},
          {"dies", "now"},
          {"errors", "now"}}) {
        std::vector<std::string> argv{rung_program};
        argv.insert(argv.end(), wrong.begin(), wrong.end());
        const auto ended = run_program(argv);
        INFO(ended.output);
        CHECK(ended.status == 2);
        CHECK(std::ranges::count(ended.output, '\n') <= 2);
    }
}

TEST_CASE("packets are what the protocol says") {
    using namespace protocol;
    using namespace std::string_literals;
    CHECK(packet(2, "abc") == "\x03\0\0\x02"s + "abc");
    CHECK(payload_size("\x01\x02\x03\x00"s) == 0x030201);
    CHECK(number(0x1234, 2) == "\x34\x12"s);
    const login parsed = parse_login("\0\0\0\x01"s + std::string(28, '\0') + "me\0"s);
    CHECK(parsed.valid);
    CHECK(parsed.deprecate_eof);
    CHECK(parsed.user == "me");
    CHECK_FALSE(parse_login("short").valid);
}
