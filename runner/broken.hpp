#pragma once

#include "course.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ladder::learn {

/// The names of FOLDER/PREFIX NAME SUFFIX.cpp, in order.
std::vector<std::string> sources_in(const std::filesystem::path& folder,
                                    const std::string& prefix, const std::string& suffix);

/// What a program's first comment says of it.
std::string first_comment(const std::filesystem::path& source);

/// Runs a rung's `broken_NAME.cpp` under the tool that shows its fault, and says what to
/// see in what it printed. Returns the exit status. Throws `usage_error`, with the names.
int run_broken(const rung& r, const std::string& name, const course& c);

} // namespace ladder::learn
