#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What tools say, in the words of this course.
namespace ladder::learn {

/// Whose files are whose, so that a report names the learner's own lines.
struct places {
    std::filesystem::path root;  ///< Paths are shown from here.
    std::filesystem::path yours; ///< What the learner edits; shown by file name alone.
    std::filesystem::path tests; ///< Second best.
};

/// The first error of a compiler or linker, up to the next diagnostic, with short paths;
/// at the end, how many more there are. Empty when there is no error in it.
std::vector<std::string> first_error(std::string_view output, const places& where);

/// What a compiler warns of in the learner's files, a line for each.
std::vector<std::string> warnings(std::string_view output, const places& where);

/// The first report of a sanitizer in two or three lines; nothing when there is none.
std::optional<std::vector<std::string>> sanitizer_report(std::string_view output,
                                                         const places& where);

/// Where in the source an address of a program is, innermost function first (the calls
/// that were inlined): "FILE:LINE". Runs addr2line(1) or does the same.
using address_resolver =
    std::function<std::vector<std::string>(const std::string& address)>;

/// The watchdog's words about a hang: who waits for what, where; nothing when there are
/// none.
std::optional<std::vector<std::string>> hang_report(std::string_view output,
                                                    const places& where,
                                                    const address_resolver& resolve);

/// Where a test was when a signal ended it: the innermost place that is the learner's, or
/// the test's. Empty when it was not ended so, or nobody knows where.
std::string crash_place(std::string_view output, const places& where,
                        const address_resolver& resolve);

/// The file's text without comments and without what is in quotes; lines stay lines.
std::string code_only(std::string_view text);

} // namespace ladder::learn
