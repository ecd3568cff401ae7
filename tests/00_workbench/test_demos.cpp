#include "leftovers.hpp"
#include "run_program.hpp"

#include <catch2/catch_test_macros.hpp>

#include <regex>
#include <string>
#include <vector>

using ladder::leftovers;
using ladder::run_program;

namespace {

std::string output_of(const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{LADDER_BIN_DIR "/00_workbench"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const auto before = leftovers::now();
    const auto result = run_program(argv); // returns when nobody can write any more
    INFO(result.output);
    CHECK(result.status == 0);
    CHECK(leftovers::since(before) == "");
    return result.output;
}

double number_after(const std::string& text, const std::string& words) {
    std::smatch match;
    INFO(text);
    REQUIRE(std::regex_search(text, match, std::regex{words + " +([0-9.]+)"}));
    return std::stod(match[1]);
}

} // namespace

TEST_CASE("the clock that is stopped after the launch misses the work") {
    const std::string output = output_of({}); // the first demo
    CHECK(number_after(output, "stopped after the last join") >= 0.5);
    CHECK(number_after(output, "stopped after the launch") <
          number_after(output, "stopped after the last join"));
}

TEST_CASE("measure finds the processes that a program left behind") {
    const std::string output = output_of({"measure"});
    CHECK(output.find("running time: ") != std::string::npos);
    CHECK(number_after(output, "processes left behind") == 4);
    CHECK(number_after(output, "its last process ended after") >= 0.5);
    CHECK(number_after(output, "the command ended after") <
          number_after(output, "its last process ended after"));
}

TEST_CASE("measure runs any command") {
    CHECK(number_after(output_of({"measure", "true"}), "processes left behind") == 0);
    CHECK(run_program({LADDER_BIN_DIR "/00_workbench", "measure", "false"}).status == 1);
}

TEST_CASE("the server shows its faults and counts what is in flight") {
    const std::string output = output_of({"server"});
    const auto says = [&](const char* text) {
        return output.find(text) != std::string::npos;
    };
    INFO(output);
    CHECK(says("/page/7?delay=100    HTTP/1.1 200 OK"));
    CHECK(says("/flaky/1             HTTP/1.1 503 Service Unavailable"));
    CHECK(says("/flaky/1             HTTP/1.1 200 OK"));
    CHECK(says("/reset               Connection reset by peer"));
    CHECK(says("2 requests, 2 in flight at the peak"));
}

TEST_CASE("the timeline draws a row for each thread") {
    const std::string output = output_of({"timeline"});
    INFO(output);
    for (const char* text : {"thread 1 ", "thread 2 ", "thread 3 ", "page 1", "page 3"})
        CHECK(output.find(text) != std::string::npos);
}

TEST_CASE("the script loses a deposit in every round") {
    const std::string output = output_of({"interleave"});
    INFO(output);
    CHECK(output.find("by a script: a deposit is lost in 100 of 100 rounds\n") !=
          std::string::npos);
}
