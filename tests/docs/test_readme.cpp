// The check of the pages: does it notice when code or output drifts?

#include "readme.hpp"
#include "workbench/temporary.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using ladder::docs::generalise;

namespace {

/// A project of one page, one source file and two programs, in a folder of its own.
class project {
public:
    project() {
        write("lessons/07_code/code.cpp", "int before;\n"
                                          "    // [answer]\n"
                                          "    int answer() {\n"
                                          "        return 42;\n"
                                          "    }\n"
                                          "\n"
                                          "    // [/answer]\n");
        program("07_code", "echo 'page 1: 12.3 ms'; echo '  ████ '; echo \"args: $*\"");
        program("07_code_broken_lock", "echo \"broken $*\" >&2; exit 3");
    }

    void write(const fs::path& name, std::string_view text) const {
        fs::create_directories((root_ / name).parent_path());
        std::ofstream{root_ / name} << text;
    }

    std::string check(std::string_view page, const fs::path& name = "README.md") const {
        write(name, page);
        const auto problems =
            ladder::docs::check_readme(root_ / name, {root_, root_ / "bin"});
        return fmt::format("{}", fmt::join(problems, "\n"));
    }

private:
    void program(const std::string& name, std::string_view commands) const {
        write("bin/" + name, fmt::format("#!/bin/sh\n{}\n", commands));
        fs::permissions(root_ / "bin" / name, fs::perms::owner_all);
    }

    ladder::temporary_folder folder_;
    fs::path root_ = folder_.path();
};

std::string words(std::size_t count) {
    std::string result;
    for (std::size_t i = 0; i < count; ++i)
        result += "word\n";
    return result;
}

bool has(const std::string& text, std::string_view what) {
    return text.find(what) != text.npos;
}

} // namespace

TEST_CASE("a snippet that equals its source is right") {
    CHECK(project{}.check("<!-- snippet: lessons/07_code/code.cpp#answer -->\n"
                          "```cpp\nint answer() {\n    return 42;\n}\n```\n") == "");
}

TEST_CASE("a snippet that drifted names both lines") {
    const auto problems =
        project{}.check("# Title\n<!-- snippet: lessons/07_code/code.cpp#answer -->\n"
                        "```cpp\nint answer() {\n    return 41;\n}\n```\n");
    INFO(problems);
    CHECK(has(problems, "README.md:5: differs from lessons/07_code/code.cpp:4\n"));
    CHECK(has(problems, "return 41"));
    CHECK(has(problems, "return 42"));
}

TEST_CASE("a snippet that lacks a line, or has one more, is wrong") {
    const project p;
    const std::string start = "<!-- snippet: lessons/07_code/code.cpp#answer -->\n"
                              "```cpp\nint answer() {\n    return 42;\n";
    CHECK(has(p.check(start + "```\n"), "README.md:5: differs"));
    CHECK(has(p.check(start + "}\nint more;\n```\n"), "README.md:6: differs"));
}

TEST_CASE("a diff is all of both regions") {
    const project p;
    p.write("lessons/08_more/code.cpp", "// [answer]\n"
                                        "int answer() {\n"
                                        "    return 43;\n"
                                        "}\n"
                                        "// [/answer]\n");
    const auto page = [](std::string_view body) {
        return fmt::format("<!-- diff: lessons/07_code/code.cpp#answer "
                           "lessons/08_more/code.cpp#answer -->\n```diff\n{}```\n",
                           body);
    };
    const std::string good = " int answer() {\n-    return 42;\n+    return 43;\n }\n";
    CHECK(p.check(page(good)) == "");
    CHECK(p.check(page(" int answer() {\n-    return 42;\n+    return 44;\n }\n")) ==
          "README.md:4: differs from lessons/08_more/code.cpp:3\n"
          "  here:      return 44;\n  there:     return 43;");
    CHECK(p.check(page(" int answer() {\n+    return 43;\n }\n")) != "");
    CHECK(p.check(page("@@ 1 @@\n" + good)) != "");
}

TEST_CASE("a snippet without a file, a region or a block is wrong") {
    const project p;
    CHECK(has(p.check("<!-- snippet: none.cpp#answer -->\n```cpp\n```\n"),
              "README.md:1: there is no file none.cpp"));
    CHECK(has(p.check("<!-- snippet: lessons/07_code/code.cpp#ans -->\n```cpp\n```\n"),
              "README.md:1: lessons/07_code/code.cpp has no region"));
    CHECK(has(p.check("<!-- snippet: lessons/07_code/code.cpp#answer -->\n\n```cpp\n"),
              "README.md:1: no fenced block"));
}

TEST_CASE("a comment that is almost a marker is wrong") {
    const project p;
    for (const char* line :
         {"<!-- snippet lessons/07_code/code.cpp#answer -->",
          "<!--output: ./learn run 07 -->", "  <!-- output: ./learn run 07 -->"}) {
        INFO(line);
        CHECK(has(p.check(fmt::format("{}\n```\nno such line\n```\n", line)),
                  "README.md:1: not a marker"));
    }
    CHECK(p.check("<!-- seeds: A1 -->\n") == "");
}

TEST_CASE("output matches when only what is measured differs") {
    CHECK(project{}.check(
              "<!-- output: ./learn run 07 a b -->\n"
              "```\n$ ./learn run 07 a b\npage 1: 7 ms\n████████\nargs: a b\n```\n") ==
          "");
}

TEST_CASE("output that drifted names the line of the page and of the output") {
    const auto problems =
        project{}.check("<!-- output: ./learn run 07 -->\n"
                        "```\n$ ./learn run 07\npage 1: 7 ms\n██\narguments:\n```\n");
    INFO(problems);
    CHECK(has(problems, "README.md:6: differs from the output of './learn run 07', "
                        "line 3\n"));
    CHECK(has(problems, "here:  arguments:\n"));
    CHECK(has(problems, "there: args:"));
}

TEST_CASE("output may be left out, but not forgotten") {
    const project p;
    const std::string start = "<!-- output: ./learn run 07 -->\n```\n$ ./learn run 07\n";
    CHECK(p.check(start + "…\nargs:\n```\n") == "");
    CHECK(p.check(start + "page 1: 1 s\n…\n```\n") == "");
    CHECK(has(p.check(start + "page 1: 1 s\n```\n"), "README.md:5: differs"));
    CHECK(has(p.check(start + "…\npage 2\n```\n"), "differs"));
}

TEST_CASE("exact output is compared character by character") {
    const project p;
    const std::string start =
        "<!-- output exactly: ./learn run 07 -->\n```\n$ ./learn run 07\n";
    CHECK(p.check(start + "page 1: 12.3 ms\n  ████ \nargs: \n```\n") == "");
    CHECK(has(p.check(start + "page 1: 12.4 ms\n  ████ \nargs: \n```\n"),
              "README.md:4: differs"));
}

TEST_CASE("output stands under what was typed") {
    const project p;
    const std::string page = "<!-- output: ./learn run 07 -->\n```\n…\n```\n";
    CHECK(has(p.check(page), "README.md:3: the block does not begin with what was typed: "
                             "$ ./learn run 07"));
}

TEST_CASE("programs are found by rung, as broken programs, and by their path") {
    const project p;
    CHECK(p.check("<!-- output: ./learn run 07 broken_lock x -->\n"
                  "```\n$ ./learn run 07 broken_lock x\nbroken x\n```\n") == "");
    CHECK(p.check("<!-- output: build/bin/07_code_broken_lock -->\n"
                  "```\n$ build/bin/07_code_broken_lock\nbroken\n```\n") == "");
    CHECK(has(p.check("<!-- output: ./learn run 08 -->\n```\n$ ./learn run 08\n```\n"),
              "no way to run"));
    CHECK(has(p.check("<!-- output: build/bin/x -->\n```\n$ build/bin/x\n```\n"),
              "is not built"));
}

TEST_CASE("a lesson has no unchecked code, and all of its sections in order") {
    const project p;
    const std::string all = "## What is still wrong\n## Predict\n## The idea\n"
                            "## The code\n## Run it\n## What goes wrong\n"
                            "## When not to use it\n## In Python terms\n"
                            "## Exercises\n## What is still missing\n";
    const fs::path name = "lessons/07_code/README.md";
    CHECK(p.check(all + words(900), name) == "");
    CHECK(has(p.check(all + "```cpp\nint x;\n```\n", name),
              "README.md:11: code that no snippet comment checks"));
    CHECK(has(p.check("## Predict\n" + all.substr(0, all.find("## Predict")), name),
              "no section '## Predict' where it belongs"));
}

TEST_CASE("a lesson is neither short nor long, nor wide, nor does it name its sources") {
    const project p;
    const auto problems = [&](const std::string& text) {
        return p.check(text, "lessons/07_code/README.md");
    };
    const std::string block = "```\n" + words(1'500) + "```\n| a | b |\n";
    CHECK(has(problems(words(899) + block), "has 899 words, not 900 to 1400"));
    CHECK(!has(problems(words(890) + block), "has 1500 words"));
    CHECK(has(problems(words(1'401)), "has 1401 words"));
    CHECK(!has(problems(words(1'400)), "words"));

    const std::string ninety_six(95, 'x');
    CHECK(!has(problems(ninety_six + "é\n"), "columns"));
    CHECK(has(problems(ninety_six + "éx\n"), "README.md:1: has 97 columns"));
    CHECK(!has(problems("| " + ninety_six + "\n"), "columns"));
    CHECK(!has(problems("```\n" + ninety_six + "xxx\n```\n"), "columns"));
    CHECK(!has(problems("![" + ninety_six + "](idea.svg)\n"), "columns"));
    CHECK(!has(problems("[a]: https://a.org/" + ninety_six + "\n"), "columns"));
    CHECK(!has(problems("<!-- pages -->\n" + ninety_six + "xxx\n"), "columns"));

    CHECK(has(problems("\nA pool (C3).\n"), "README.md:2: names the source C3"));
    CHECK(has(problems("| A pool | B4 |\n"), "names the source B4"));
    CHECK(!has(problems("<!-- seeds: C3 -->\nC++20, E9, AB1\n"), "names the source"));
}

TEST_CASE("generalise keeps words and forgets measurements") {
    CHECK(generalise("  1,004.5 ms on 2 cores") == "0 s on 0 cores");
    CHECK(generalise("1.1 s") == generalise("999 µs"));
    CHECK(generalise("12.3 MB") == generalise("900 kB"));
    CHECK(generalise("12.3 MB") != generalise("12.3 ms"));
    CHECK(generalise("thread 1 ├─ /a ──├──┤") == generalise("thread 1 ├─┤ ├────┤"));
    CHECK(generalise("thread 1 ├──┤") != generalise("process 1 ├──┤"));
    CHECK(generalise("0   10   20 ms") == generalise("  0   1   2   3 s"));
    CHECK(generalise("=====") == generalise("=="));
    CHECK(generalise("status 200") != generalise("error 200"));
    CHECK(generalise("A      B") == generalise("A B"));
    CHECK(generalise("4 pages") != generalise("4 parts"));
}
