#pragma once

#include "course.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ladder::learn {

/// Answers to an exercise, as patches of its solution; of one kind: "wrong" or "right".
std::vector<std::filesystem::path> patches_of(const exercise& e,
                                              std::string_view kind = "wrong");

/// What is wrong with an exercise as it stands in its files: TODO, four hints, the first
/// two of which give nothing away, no forbidden pattern in the solution, a starter that
/// is solution and starter.patch, at least three wrong answers with their two lines. Each
/// fault names its file. `pristine`: the folder must hold the starter.
std::vector<std::string> faults(const exercise& e, const course& c, bool pristine);

/// The same for a lesson: its question. (Its page is checked by tests/docs.)
std::vector<std::string> faults(const rung& r, const course& c);

} // namespace ladder::learn
