// The program of rung 01, as a reader runs it.

#include "leftovers.hpp"
#include "run_program.hpp"
#include "workbench/slow_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <string>
#include <vector>

using namespace ladder;

namespace {

program_result run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), LADDER_BIN_DIR "/01_serial");
    const auto before = leftovers::now();
    auto result = run_program(arguments); // returns when nobody can write any more
    CHECK(leftovers::since(before) == "");
    return result;
}

std::size_t occurrences(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1))
        ++found;
    return found;
}

bool has(const std::string& text, const std::string& what) {
    return occurrences(text, what) > 0;
}

} // namespace

TEST_CASE("without a name it shows ten pages, and where the time went") {
    const auto result = run({});
    INFO(result.output);
    CHECK(result.status == 0);
    CHECK(occurrences(result.output, "status 200") == 10);
    CHECK(has(result.output, "├─┤ waits"));
    CHECK(has(result.output, "The program did nothing for"));
    CHECK(run({"loop"}).status == 0);
}

TEST_CASE("hang shows three pages and one that timed out") {
    const auto result = run({"hang"});
    INFO(result.output);
    CHECK(result.status == 0);
    CHECK(occurrences(result.output, "status 200") == 3);
    CHECK(occurrences(result.output, "timed out") == 1);
}

TEST_CASE("bound shows what computes and what waits") {
    const auto result = run({"bound"});
    INFO(result.output);
    CHECK(result.status == 0);
    CHECK(has(result.output, "primes"));
    CHECK(has(result.output, "waiting for one page"));
}

TEST_CASE("model computes the 46.3 days") {
    const auto result = run({"model"});
    INFO(result.output);
    CHECK(result.status == 0);
    CHECK(has(result.output, "        1      4000000      1111.11        46.2963\n"));
    CHECK(has(result.output, "       10       400000       111.11         4.6296\n"));
}

TEST_CASE("an unknown demo is a mistake, and gets a suggestion") {
    const auto result = run({"lop"});
    CHECK(result.status == 2);
    CHECK(result.output == "01_serial: there is no demo 'lop'; did you mean 'loop'?\n");
}

TEST_CASE("help lists the demos") {
    const auto result = run({"--help"});
    CHECK(result.status == 0);
    for (const char* name : {"loop", "hang", "bound", "model", "fetch"})
        CHECK(has(result.output, fmt::format("\n  {} ", name)));
}

TEST_CASE("fetch shows a line for each page") {
    const slow_server server;
    const auto result = run({"fetch", server.url("/page/1"), server.url("/status/404")});
    INFO(result.output);
    CHECK(result.status == 0);
    CHECK(has(result.output, server.url("/page/1") + "  200"));
    CHECK(has(result.output, server.url("/status/404") + "  404"));
    CHECK(has(result.output, "2 pages, 0 failed"));
}

TEST_CASE("fetch says which page failed, and that one did") {
    const slow_server server;
    const auto result = run({"fetch", server.url("/reset"), server.url("/page/1")});
    INFO(result.output);
    CHECK(result.status == 1);
    CHECK(has(result.output, server.url("/reset") + "  Connection reset by peer"));
    CHECK(has(result.output, "2 pages, 1 failed"));
}

TEST_CASE("fetch without a page to fetch is a mistake") {
    CHECK(run({"fetch"}).status == 2);
    CHECK(run({"fetch", "-i", "-"}).status == 2); // an empty standard input
}

TEST_CASE("fetch with a file that cannot be read is a mistake, and names it") {
    const auto result = run({"fetch", "-i", "no/such/file"});
    INFO(result.output);
    CHECK(result.status == 2);
    CHECK(has(result.output, "no/such/file"));
}

TEST_CASE("broken_first_error: nine good pages are lost to one bad one") {
    const auto result = run_program({LADDER_BIN_DIR "/01_serial_broken_first_error"});
    INFO(result.output);
    CHECK(result.status == 0);
    CHECK(has(result.output, "asked for 10 pages. The program has 0."));
}
