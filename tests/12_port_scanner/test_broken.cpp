// Every broken_*.cpp shows the fault that it promises, and ends.

#include "leftovers.hpp"
#include "run_program.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;

namespace {

std::string output_of(const std::string& name) {
    const auto before = ladder::leftovers::now();
    const auto result =
        ladder::run_program({LADDER_BIN_DIR "/12_port_scanner_broken_" + name});
    CHECK(ladder::leftovers::since(before) == "");
    CHECK(result.status == 0);
    return result.output;
}

} // namespace

TEST_CASE("broken_self_connect: a closed port is called open, by who calls himself") {
    CHECK_THAT(output_of("self_connect"),
               Matches("port ([0-9]+) is open\n"
                       "who asked: port \\1\n"
                       "asked again, from another port: refused\n"));
}

TEST_CASE("broken_descriptors: without descriptors, open ports are called closed") {
    CHECK_THAT(output_of("descriptors"),
               Matches("silent: 30, listening: 10; descriptors: 20\n"
                       "open: 0; called closed for want of a descriptor: 2[0-9]\n"));
}

TEST_CASE("broken_serial: ten silent ports take ten timeouts") {
    // No more than that can be said about the second line on a busy machine.
    CHECK_THAT(
        output_of("serial"),
        Matches("10 silent ports, 1 at a time: [0-9.]+ s, [1-9][0-9]+ "
                "times the timeout\n10 silent ports, 10 at a time: [0-9.]+ s, [^\n]*\n"));
}

TEST_CASE("broken_lost_list: what the children find stays in the children") {
    CHECK(output_of("lost_list") == "a child has found 5 open ports\n"
                                    "a child has found 5 open ports\n"
                                    "the parent's list has 0\n");
}

TEST_CASE("broken_split: ports are asked twice, and asked without being wanted") {
    const auto output = output_of("split");
    CHECK_THAT(output, ContainsSubstring("asked twice: 3 ports: 16383 32766 49149\n"
                                         "  asked, and not wanted: 0 ports\n"));
    CHECK_THAT(output, ContainsSubstring("asked twice: 13 ports: 1000 1001"));
    CHECK_THAT(output, ContainsSubstring("asked, and not wanted: 990 ports\n"));
}
