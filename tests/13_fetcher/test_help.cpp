// In one thread: ThreadSanitizer has nothing to say here.

// What the program says about itself.

#include "fetcher/help.hpp"
#include "fetcher/manual.hpp"
#include "fetcher_program.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <sstream>
#include <string>

using namespace ladder::fetcher;
using namespace ladder::fetcher::test;

namespace {

std::string help(std::vector<std::string> arguments) {
    const auto ended = run(std::move(arguments));
    CHECK(ended.status == 0);
    CHECK(ended.err == "");
    return ended.out;
}

/// In columns, of which a letter takes one.
std::size_t widest(const std::string& text) {
    std::istringstream lines{text};
    std::size_t most = 0;
    for (std::string line; std::getline(lines, line);)
        most = std::max(most, static_cast<std::size_t>(std::ranges::count_if(
                                  line, [](char c) { return (c & 0xc0) != 0x80; })));
    return most;
}

} // namespace

TEST_CASE("the help is one screen, and says what there is not") {
    const std::string text = help({"--help"});
    CHECK(count_lines(text) <= 24);
    CHECK(widest(text) <= 80);
    for (const char* part : {"--input", "--help all", "resume DIR", "politeness",
                             "HTTP/2", "HTTP/3", "cookies", "JavaScript", "curl"}) {
        INFO(part);
        CHECK(contains(text, part));
    }
    CHECK(help({"-h"}) == text);
    CHECK(help({"http://x/", "--help"}) == text);
}

TEST_CASE("all options are in groups, and a word shows those that have it") {
    const std::string all = help({"--help", "all"});
    CHECK(widest(all) <= 80);
    for (const char* part :
         {"\nPoliteness:\n", "\nReports:\n", "\nJobs:\n", "--per-host-rate", "--version",
          "--insecure-redirects", "Status: 0 "}) {
        INFO(part);
        CHECK(contains(all, part));
    }
    CHECK_FALSE(contains(all, "Always:")); // each has its group
    const std::string some = help({"--help", "polite"});
    CHECK(some.starts_with("Politeness:\n"));
    CHECK(contains(some, "--robots"));
    CHECK_FALSE(contains(some, "--timeout"));
    const auto none = run({"--help", "nonsense"});
    CHECK(none.status == 2);
    CHECK(none.err == "fetcher: there is no help for 'nonsense' (--help shows how)\n");
}

TEST_CASE("the version names the libraries") {
    const std::string text = help({"--version"});
    for (const char* part : {"fetcher 1", "Boost 1.", "OpenSSL ", "zlib 1.", "brotli 1.",
                             "zstd 1.", "libidn2 2.", "fmt ", "CLI11 "}) {
        INFO(part);
        CHECK(contains(text, part));
    }
}

TEST_CASE("what the manual and the shells are told is quoted as each of them wants it") {
    const option_list options{{.names = "-x,--ex",
                               .value = "FILE",
                               .what = "it's [50 %] of: a\\b",
                               .group = "G"}};
    CHECK(
        contains(*manual(options, "man"),
                 ".TP\n\\fB\\-x\\fR, \\fB\\-\\-ex\\fR \\fIFILE\\fR\nit\\(aqs [50 %] of: "
                 "a\\eb\n"));
    CHECK(contains(*manual(options, "zsh"),
                   R"('*'{-x,--ex}'[it'\''s \[50 %\] of\: a\\b]:file:_files')"));
    CHECK(contains(*manual(options, "fish"),
                   R"(complete -c fetcher -s x -l ex -rF -d 'it\'s [50 %] of: a\\b')"));
    CHECK_FALSE(manual(options, "tcsh"));
}
