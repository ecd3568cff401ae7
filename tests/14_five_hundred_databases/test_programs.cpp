// The programs of rung 14, as a reader runs them; against the stand-in.

#include "leftovers.hpp"
#include "run_program.hpp"
#include "sanitizer.hpp"
#include "workbench/temporary.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <vector>

using namespace ladder;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;

namespace {

program_result run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), LADDER_BIN_DIR "/14_five_hundred_databases");
    return run_program(arguments);
}

program_result broken(const std::string& name) {
    auto result =
        run_program({LADDER_BIN_DIR "/14_five_hundred_databases_broken_" + name});
    CHECK(result.status == 0);
    return result;
}

} // namespace

TEST_CASE("race: the table says what was measured, and that it is a stand-in") {
    const auto before = leftovers::now();
    const auto result = run({"--stand-in", "--hosts", "20", "--way", "serial", "--way",
                             "fibers", "--way", "thread_pool"});
    INFO(result.output);
    CHECK(result.status == 0);
    CHECK_THAT(result.output, ContainsSubstring("NOT a database"));
    CHECK_THAT(result.output, ContainsSubstring("serial, 2 hosts × 10"));
    CHECK_THAT(result.output, ContainsSubstring("fibers on Asio"));
    CHECK_THAT(result.output, ContainsSubstring("thread pool of 14"));
    CHECK_THAT(result.output, ContainsSubstring("the server: 142 hosts asked, 142 "
                                                "connections; 0 left open, 0 aborted"));
    CHECK_THAT(result.output,
               ContainsSubstring("as 14 in flight take, or 9.6 ms of work a host"));
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("race --json: one document, with what the server saw") {
    const auto result =
        run({"race", "--json", "--stand-in", "--hosts", "30", "--way", "fibers"});
    const auto at = result.output.find('{');
    REQUIRE(at != std::string::npos);
    const auto all = boost::json::parse(result.output.substr(at));
    CHECK(all.at("real").as_bool() == false);
    const auto& row = all.at("rows").at(0);
    CHECK(row.at("way").as_string() == "fibers");
    CHECK(row.at("good").to_number<int>() == 30);
    CHECK(row.at("peak_memory").to_number<double>() > 100'000);
    CHECK(row.at("server").at("connections").to_number<int>() == 90);
    CHECK(row.at("server").at("left_open").to_number<int>() == 0);
    CHECK(row.at("server").at("aborted_clients").to_number<int>() == 0);
}

TEST_CASE("race: Python's clients run, or the row says why not") {
    const auto result =
        run({"race", "--stand-in", "--hosts", "10", "--way", "python_uvloop"});
    INFO(result.output);
    CHECK(result.status == 0);
    CHECK_THAT(result.output,
               Matches("[^]*Python uvloop, aiomysql +(10|- +left out)[^]*"));
}

TEST_CASE("race: Python's pools run with 500 in flight and as claimed, or say why not") {
    const auto result = run({"race", "--stand-in", "--hosts", "10", "--way",
                             "python_thread_pool", "--way", "python_process_pool"});
    INFO(result.output);
    CHECK(result.status == 0);
    CHECK_THAT(result.output,
               Matches("[^]*Python thread pool +(10|- +left out)[^]*"
                       "Python process pool +(10|- +left out)[^]*"
                       "Python process pool of 23 +([0-9]+|- +left out)[^]*"
                       "Python thread pool of 14 +([0-9]+|- +left out)[^]*"));
}

TEST_CASE("race --svg: a picture of every way") {
    const temporary_file file;
    CHECK(run({"--stand-in", "--hosts", "10", "--way", "fibers", "--svg", file.path()})
              .status == 0);
    const std::string svg = file.content();
    CHECK_THAT(svg, ContainsSubstring("<svg xmlns") && ContainsSubstring("</svg>"));
    CHECK_THAT(svg, ContainsSubstring("fibers on Asio"));
}

TEST_CASE("race: what cannot be written, or is no way, is said before the race") {
    for (const std::string file : {"/nope/x", "/"}) {
        const auto result =
            run({"--stand-in", "--hosts", "1", "--way", "fibers", "--svg", file});
        CHECK(result.status == 1);
        CHECK_THAT(result.output, ContainsSubstring(": " + file + ": ") &&
                                      !ContainsSubstring("stand-in that speaks"));
    }
    CHECK_THAT(run({"--way", "fiberz"}).output,
               ContainsSubstring("no way 'fiberz'; did you mean 'fibers'?"));
    CHECK_THAT(run({"--way", "foo"}).output,
               ContainsSubstring("no way 'foo'; there are coroutines, fibers, "));
}

TEST_CASE("dies: every host is counted, whoever waits for it") {
    const auto result = run({"dies", "--stand-in"});
    INFO(result.output);
    CHECK(result.status == 0);
    CHECK_THAT(result.output, ContainsSubstring("Connection refused"));
    CHECK_THAT(result.output, ContainsSubstring("every host is counted once: yes"));
}

TEST_CASE("errors: a host says what is wrong") {
    const auto result = run({"errors", "--stand-in"});
    INFO(result.output);
    CHECK_THAT(result.output,
               ContainsSubstring("well  an answer") &&
                   ContainsSubstring("there Connection refused") &&
                   ContainsSubstring("a wrong user         Access denied for") &&
                   ContainsSubstring("200 ms  Connection timed out"));
}

TEST_CASE("equal: the same number in flight") {
    const auto result = run({"equal", "--stand-in"});
    INFO(result.output);
    CHECK_THAT(result.output, ContainsSubstring("thread pool   14 in flight") &&
                                  ContainsSubstring("thread pool  500 in flight") &&
                                  ContainsSubstring("coroutines   500 in flight"));
}

TEST_CASE("broken_unequal: the sizes of two pools are compared") {
    CHECK_THAT(broken("unequal").output,
               Matches("coroutines are [0-9]+ times as fast as threads\n"
                       "with 500 in flight both: [0-9.]+ times\n"));
}

TEST_CASE("broken_not_closed: the server counts who did not say goodbye") {
    CHECK(broken("not_closed").output ==
          "100 answers\n"
          "the server: 100 connections are open\n"
          "the server: 100 clients are gone without a goodbye\n");
}

TEST_CASE("broken_swallowed: whoever fails is fast") {
    CHECK_THAT(broken("swallowed").output,
               Matches("500 databases asked in [0-9.]+ s +\\(answered: 500\\)\n"
                       "500 databases asked in [0-9.]+ s, a record! +"
                       "\\(answered: [0-4]?[0-9]?[0-9]\\)\n"));
}
