#pragma once

#include "verdict.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ladder::learn {

/// How far a test came.
struct reported {
    std::string open;   ///< The check that had begun and did not end.
    bool ended = false; ///< The test came to its end.
};

/// Takes in what the test reported, line by line (tests/support/learn_reporter.cpp).
reported read_events(const std::filesystem::path& file, const std::filesystem::path& root,
                     verdict& v);

/// Adds the lines of a text: `first` stands before the first one, `others` before the
/// rest.
void add_lines(std::vector<std::string>& to, const std::string& text,
               const std::string& first, const std::string& others);

} // namespace ladder::learn
