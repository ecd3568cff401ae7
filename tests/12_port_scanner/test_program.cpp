// The program: what it is asked for, it does and says. Nothing here leaves the loopback
// interface; what would is refused before anything starts.

#include "leftovers.hpp"
#include "port_scanner/command_line.hpp"
#include "port_scanner/loopback_ports.hpp"
#include "port_scanner/output.hpp"
#include "raw_server.hpp"
#include "running_program.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <sys/resource.h>

using namespace ladder;
using namespace ladder::port_scanner;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;
namespace json = boost::json;

namespace {

std::vector<std::string> command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), LADDER_BIN_DIR "/port_scanner");
    return arguments;
}

ended_program run(std::vector<std::string> arguments,
                  const running_program::options& options = {}) {
    return running_program{command(std::move(arguments)), options}.wait();
}

std::string list(const std::set<std::uint16_t>& ports) {
    return fmt::format("{}", fmt::join(ports, ","));
}

std::set<std::uint16_t> ports_of(const json::value& result, std::string_view state) {
    std::set<std::uint16_t> ports;
    for (const json::value& port : result.at("ports").as_array())
        if (port.at("state").as_string() == state)
            ports.insert(port.at("port").to_number<std::uint16_t>());
    return ports;
}

} // namespace

TEST_CASE(
    "every port has a line with its reason, in order, and the last line is the sum") {
    std::mt19937 random{11};
    const listeners open{1, random};
    const silent_ports silent{1, random};
    const int a = *open.ports().begin();
    const int b = *silent.ports().begin();
    const auto before = leftovers::now();
    const auto ended = run({"127.0.0.1", "-r", fmt::format("{},{},1", a, b), "--all",
                            "--timeout", "100ms", "-p", "2"});
    CHECK(leftovers::since(before) == "");
    CHECK(ended.status == 0);
    CHECK(ended.err == "");
    const auto line_a = fmt::format("127.0.0.1:{} +open +connected\n", a);
    const auto line_b = fmt::format("127.0.0.1:{} +filtered +no answer in 100 ms\n", b);
    CHECK_THAT(ended.out,
               Matches("127.0.0.1:1 +closed +connection refused\n" +
                       (a < b ? line_a + line_b : line_b + line_a) +
                       "3 ports: 1 open, 1 closed \\(connection refused\\), 1 filtered; "
                       "[0-9.]+ s, 2 processes\n"));
}

TEST_CASE("the JSON has the ports in order, the sums and the total time") {
    std::mt19937 random{12};
    const listeners open{40, random};
    const silent_ports silent{10, random};
    for (const char* processes : {"1", "2", "7", "60"}) {
        INFO(processes << " processes");
        const auto ended = run({"127.0.0.1", "-r",
                                list(open.ports()) + "," + list(silent.ports()) + ",1-5",
                                "--json", "--timeout", "100ms", "-p", processes});
        CHECK(ended.status == 0);
        const json::value result = json::parse(ended.out);
        CHECK(ports_of(result, "open") == open.ports());
        CHECK(ports_of(result, "filtered") == silent.ports());
        const json::array& ports = result.at("ports").as_array();
        CHECK(std::ranges::is_sorted(ports, {}, [](const json::value& v) {
            return v.at("port").to_number<int>();
        }));
        CHECK(result.at("asked") == 55);
        CHECK(result.at("open") == 40);
        CHECK(result.at("filtered") == 10);
        CHECK(result.at("closed") == 5);
        CHECK(result.at("seconds").to_number<double>() > 0);
        CHECK(result.at("processes").to_number<std::string::size_type>() ==
              std::min<std::size_t>(std::stoul(processes), 55));
    }
}

TEST_CASE("a network is all of its hosts, in the order of their addresses") {
    const auto ended =
        run({"127.0.0.7", "127.0.0.0/30", "127.0.0.2", "-r", "1,2", "--all"});
    CHECK(ended.status == 0);
    std::string expected;
    for (const int host : {0, 1, 2, 3, 7})
        for (const int port : {1, 2})
            expected += fmt::format("{:<21}  closed    connection refused\n",
                                    fmt::format("127.0.0.{}:{}", host, port));
    CHECK(ended.out.starts_with(expected + "10 ports: 0 open, 10 closed "));
}

TEST_CASE("an IPv6 host is scanned, beside an IPv4 one") {
    const ladder::raw_server server{{}, "::1"};
    const std::string port = std::to_string(server.port());
    const auto ended = run({"127.0.0.1", "::1", "-r", port, "--all", "-p", "1"});
    CHECK(ended.status == 0);
    CHECK(ended.out.starts_with(
        fmt::format("{:<21}  open      connected\n{:<21}  closed    connection refused\n",
                    "[::1]:" + port, "127.0.0.1:" + port)));
    CHECK(run({"::1", "-r", port, "--json"}).out.find(R"("host": "::1")") !=
          std::string::npos);
}

TEST_CASE("an address in octal is nobody's") {
    const auto ended = run({"127.0.0.010", "-r", "1"});
    CHECK(ended.status == 2);
    CHECK(ended.err.find("is no address that everybody reads alike") !=
          std::string::npos);
}

TEST_CASE("wrong usage is one line on stderr and status 2") {
    const std::vector<std::vector<std::string>> wrong{
        {},
        {"127.0.0.1", "-r", "0"},
        {"127.0.0.1", "-r", "80-22"},
        {"127.0.0.1", "-p", "0"},
        {"127.0.0.1", "-c", "none"},
        {"127.0.0.1", "--timeout", "0ms"},
        {"127.0.0.1", "--timeout", "5"},
        {"127.0.0.1", "--timeout", "soon"},
        {"127.0.0.1", "--progress", "sometimes"},
        {"127.0.0.1", "--no-such-option"},
        {"127.0.0.1/40"},
        {"no-such-host.invalid"},
        {"127.0.0.1", "--worker", "5"},
        {"127.0.0.1", "--worker", "2/2"},
    };
    for (const auto& arguments : wrong) {
        INFO(fmt::format("{}", fmt::join(arguments, " ")));
        const auto ended = run(arguments);
        CHECK(ended.status == 2);
        CHECK(ended.out == "");
        CHECK(ended.err.starts_with("port_scanner: "));
        CHECK(std::ranges::count(ended.err, '\n') == 1);
    }
}

TEST_CASE("more than one host elsewhere is refused before anything starts") {
    for (const auto& hosts :
         std::vector<std::vector<std::string>>{{"192.0.2.0/24"},
                                               {"192.0.2.1", "192.0.2.2"},
                                               {"127.0.0.1", "192.0.2.0/31"}}) {
        const auto ended = run(hosts);
        CHECK(ended.status == 2);
        CHECK(ended.out == "");
        CHECK_THAT(
            ended.err,
            ContainsSubstring("scanning other people's machines needs their permission"));
        CHECK_THAT(ended.err, ContainsSubstring("--i-have-permission"));
        CHECK(std::ranges::count(ended.err, '\n') == 1);
    }
}

TEST_CASE("one host elsewhere is a warning; with permission there is none") {
    const auto parse = [](std::vector<std::string> words) { // nothing is scanned here
        words.insert(words.begin(), "port_scanner");
        std::vector<char*> argv;
        for (std::string& word : words)
            argv.push_back(word.data());
        int status = 0;
        auto c = parse_command_line(static_cast<int>(argv.size()), argv.data(), status);
        REQUIRE(c);
        return *c;
    };
    CHECK(parse({"127.0.0.0/8"}).elsewhere == "");
    CHECK_THAT(parse({"192.0.2.1", "127.0.0.1"}).elsewhere,
               ContainsSubstring("needs their permission"));
    CHECK(parse({"192.0.2.0/24", "--i-have-permission"}).elsewhere == "");
    CHECK(parse({"192.0.2.0/24", "--i-have-permission"}).all.size() == 256UL * 65'535);
}

TEST_CASE("with few descriptors it takes longer, and misses nothing") {
    std::mt19937 random{13};
    const listeners open{100, random};
    const silent_ports silent{50, random};
    const auto ended =
        run({"127.0.0.1", "-r", list(open.ports()) + "," + list(silent.ports()), "--json",
             "--timeout", "50ms", "-p", "2"},
            {.prepare = [] {
                const rlimit few{24, 24};
                ::setrlimit(RLIMIT_NOFILE, &few);
            }});
    CHECK(ended.err == "");
    CHECK(ended.status == 0);
    const json::value result = json::parse(ended.out);
    CHECK(ports_of(result, "open") == open.ports());
    CHECK(ports_of(result, "filtered") == silent.ports());
    CHECK(result.at("waits_for_descriptors").to_number<int>() > 0);
}

TEST_CASE("a worker that is killed is replaced, and its part scanned again") {
    std::mt19937 random{14};
    const listeners open{2, random};
    std::optional<silent_ports> silent{std::in_place, 1U, random};
    running_program scanner{
        command({"127.0.0.1", "-r", list(open.ports()) + "," + list(silent->ports()),
                 "--timeout", "30s", "-p", "1"})};
    wait_until([&] { return scanner.children().size() == 1; }, "the worker");
    ::kill(scanner.children().front(), SIGKILL);
    silent.reset(); // now it is closed, and so the next worker can get done
    const auto ended = scanner.wait();
    CHECK(ended.status == 0);
    CHECK_THAT(ended.out, ContainsSubstring("3 ports: 2 open, 1 closed"));
    CHECK_THAT(ended.out, ContainsSubstring(", 1 worker lost and replaced\n"));
}

TEST_CASE("when the workers of a part die again and again it gives up, and says so") {
    std::mt19937 random{15};
    const silent_ports silent{1, random};
    running_program scanner{
        command({"127.0.0.1", "-r", list(silent.ports()), "--timeout", "30s"})};
    pid_t last = 0;
    for (int i = 0; i < 3; ++i) {
        wait_until(
            [&] {
                const auto now = scanner.children();
                return !now.empty() && now.front() != last;
            },
            "a worker");
        last = scanner.children().front();
        ::kill(last, SIGKILL);
    }
    const auto ended = scanner.wait();
    CHECK(ended.status == 1);
    CHECK(ended.out == "");
    CHECK(ended.err == "port_scanner: a worker killed by SIGKILL (Killed)\n");
}

TEST_CASE("workers do not outlive their supervisor") {
    std::mt19937 random{16};
    const silent_ports silent{2, random};
    std::vector<process_watch> workers;
    {
        running_program scanner{command(
            {"127.0.0.1", "-r", list(silent.ports()), "--timeout", "30s", "-p", "2"})};
        wait_until([&] { return scanner.children().size() == 2; }, "the workers");
        for (const pid_t pid : scanner.children())
            workers.emplace_back(pid);
        scanner.signal(SIGKILL);
        scanner.wait();
    }
    for (const process_watch& worker : workers)
        CHECK(worker.ended());
}

TEST_CASE("progress is a line on stderr when it is no terminal") {
    const auto ended = run({"127.0.0.1", "-r", "1-100", "--progress", "always"});
    CHECK(ended.status == 0);
    CHECK_THAT(ended.err,
               Matches("(.|\n)*port_scanner: \\[####################\\] 100 %  "
                       "100 of 100 ports, [0-9]+ open\n"));
    CHECK(run({"127.0.0.1", "-r", "1-100"}).err == "");
    CHECK(progress_line(1000, {.asked = 500, .open = 3}, 80) ==
          "[##########          ]  50 %  500 of 1000 ports, 3 open");
    CHECK(progress_line(1000, {.asked = 500}, 10) == "[#########");
}

TEST_CASE("recall finds all that is there") {
    const auto ended = run({"recall", "--runs", "1"});
    INFO(ended.out);
    CHECK_THAT(ended.out, ContainsSubstring("open       200 of 200 found"));
    CHECK_THAT(ended.out, ContainsSubstring("filtered   50 of 50 found"));
    // What it calls false may be a server of another test, which runs beside this one.
}

TEST_CASE("self: a port where nobody listens is connected to, now and then") {
    const auto ended = run({"self"});
    CHECK(ended.status == 0);
    CHECK_THAT(ended.out,
               Matches("nobody listens at port ([0-9]+); 100000 attempts to connect\n\n"
                       "refused +[0-9]+\n"
                       "connected +[1-9][0-9]*, from port \\1 to \\1\n"));
}
