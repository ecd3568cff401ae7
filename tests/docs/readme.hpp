#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// The pages that quote code and output, held against the code and the output.
///
///     <!-- snippet: lessons/01_serial/serial.cpp#fetch_all -->
///     a fenced block: the lines between `// [fetch_all]` and `// [/fetch_all]` there,
///     without their common indentation, the blank lines around them, and the marks of
///     regions within
///
///     <!-- diff: lessons/01_serial/serial.cpp#fetch lessons/10_asio/asio.cpp#fetch -->
///     a fenced block: all lines of both regions, with `-` before those of the first one
///     alone, `+` before those of the second one alone, and a blank before the others
///
///     <!-- output: ./learn run 01 hang -->
///     a fenced block: the line `$ ./learn run 01 hang`, then what that command prints,
///     line by line. Measured values differ from run to run, so lines are compared after
///     generalise(). A line that is just `…` stands for any number of lines. A command
///     that ends with status 77 says that this machine lacks what it needs.
///
///     <!-- output exactly: ./learn run 01 model -->
///     the same, but character by character
///
/// In a lesson, every block marked `cpp` must be a snippet, so that no code rots. Its
/// lines have at most 96 columns, but for tables and for what a program prints, and its
/// running text, without blocks and tables, has 900 to 1,400 words. It names no row of
/// the list of what the course descends from, such as C3, except in an invisible
/// `<!-- seeds: C3 -->`.
namespace ladder::docs {

struct places {
    std::filesystem::path root; ///< What the names of files in a page start from.
    std::filesystem::path bin;  ///< Where the programs are.
};

/// What is wrong with a page, each with file and line; empty when all is well. Runs the
/// programs whose output the page shows.
std::vector<std::string> check_readme(const std::filesystem::path& readme,
                                      const places& where);

/// A line of output without what differs from run to run:
/// - a number, with its thousands commas and decimals, becomes `0`;
/// - a unit of time or of memory after it becomes `s` or `B`;
/// - what a timeline draws, from the first `├`, `│`, `─`, `▒` or `█` of the line to the
///   last sign of that kind, with the labels in between, becomes one `─`;
/// - a line of nothing but numbers, such as an axis, becomes one `0`;
/// - a run of the same sign (no letter, no digit) becomes one of it;
/// - a run of blanks becomes one blank, and none at either end.
std::string generalise(std::string_view line);

} // namespace ladder::docs
