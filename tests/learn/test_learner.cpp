// The learner's files: progress, and what a page asks.

#include "desk.hpp"
#include "predict.hpp"
#include "progress.hpp"
#include "terminal.hpp"
#include "workbench/temporary.hpp"

#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include <stdlib.h>

using namespace ladder::learn;
namespace fs = std::filesystem;

TEST_CASE("progress is there again after it was saved") {
    const ladder::temporary_folder folder;
    const fs::path file = folder / "new/progress";
    {
        progress p{file};
        CHECK(p.empty());
        p.set("bank",
              {.passed = "2026-02-03", .hints = 3, .gave_up = true, .begun = true});
        p.set("queue", {.passed = {}, .hints = 1, .gave_up = false, .begun = true});
        p.set_predicted("serial");
    }
    const progress p{file};
    CHECK(p.of("bank") ==
          attempt{.passed = "2026-02-03", .hints = 3, .gave_up = true, .begun = true});
    CHECK(p.of("queue").hints == 1);
    CHECK(p.of("other") == attempt{});
    CHECK(p.predicted("serial"));
    CHECK_FALSE(p.predicted("threads"));
    CHECK_FALSE(fs::exists(file.string() + ".part"));
}

TEST_CASE("a progress file of a later version keeps its lines") {
    const ladder::temporary_folder folder;
    const fs::path file = folder / "progress";
    std::ofstream{file} << "exercise bank hints 2\nbadge first_five_rungs 2027\n";
    progress p{file};
    p.set_predicted("serial");
    const std::string text = read_file(file);
    CHECK(text.find("badge first_five_rungs 2027\n") != text.npos);
    CHECK(text.find("exercise bank hints 2\n") != text.npos);
}

TEST_CASE("the right choice is the one that fits what was measured") {
    prediction p;
    p.find = "took ([0-9.]+) s";
    p.choices = {{.text = "1 s", .from = 0.5, .to = 1.5, .is = {}},
                 {.text = "2 s", .from = 1.5, .to = 3, .is = {}}};
    CHECK(p.measured("it took 1.02 s.\n") == "1.02");
    CHECK(p.right("1.02") == 0);
    CHECK(p.right("1.5") == 1);
    CHECK_FALSE(p.right("7"));
    CHECK_FALSE(p.right(""));
    p.choices.push_back({.text = "a b", .from = 0, .to = 0, .is = "a b"});
    CHECK(p.right("a b") == 2);
    CHECK_FALSE(p.right("b a"));
}

TEST_CASE("a section of a page ends at the next heading") {
    const std::string page =
        "# T\n\n## 1\n\nfirst\n\n### sub\n\nmore\n\n## 2\n\nsecond\n";
    CHECK(page_section(page, "1") == "first\n\n### sub\n\nmore\n");
    CHECK(page_section(page, "2") == "second\n");
    CHECK(page_section(page, "3").empty());
}

TEST_CASE("paragraphs fit the width; what is fenced stays as it is") {
    ladder::look l;
    l.width = 20;
    CHECK(l.reflow("one two three four five six\nseven\n\n- a list of many words here\n"
                   "```\none two three four five six\n```\n") ==
          "one two three four\nfive six seven\n\n- a list of many\n  words here\n"
          "```\none two three four five six\n```\n");
}

TEST_CASE("for a person a page has no marks, and long words of a link go") {
    ladder::look l;
    l.width = 20;
    CHECK(
        l.render("## What you do\n\nUse [poll(2)](https://example.org/poll), and\n"
                 "**never** `sleep`; 2 * 3 * 4.\n\n<!-- snippet: a#b -->\n"
                 "```cpp\nint x = 3;\n```\n| a | b |\n|---|---|\n| `c` | d |\n") ==
        "What you do\n\nUse poll(2), and\nnever `sleep`; 2 * 3\n* 4.\n\n    int x = 3;\n"
        "| a | b |\n| `c` | d |\n");
    CHECK(l.render("In [`recv(2)`], or\n[*pipe*(7)] [x].\n") ==
          "In `recv(2)`, or\n*pipe*(7) [x].\n");
    l.color = true;
    CHECK(l.render("## A\n`b`\n") == "\x1b[1mA\x1b[0m\n\x1b[36mb\x1b[0m\n");
    CHECK(l.rows("\x1b[36m12345678901234567890\x1b[0m\n\n123456789012345678901\n") == 4);
}

TEST_CASE("the line that was measured is shown") {
    prediction p;
    p.find = "took ([0-9.]+) s";
    CHECK(p.line_of("first\n  it took 1.02 s, in all\nlast\n") ==
          "it took 1.02 s, in all");
    CHECK(p.line_of("took 1 s") == "took 1 s");
    CHECK(p.line_of("nothing").empty());
}

TEST_CASE("an arrow is one key, and three characters") {
    CHECK(ladder::keys_of("h") == "h");
    CHECK(ladder::keys_of("\x1b[A\x1bOBq\x1b[C") == "kjq");
    CHECK(ladder::keys_of("\x1b") == "\x1b");
}
