#pragma once

#include "course.hpp"
#include "program.hpp"

#include <string>
#include <vector>

/// For those who write the course.
namespace ladder::learn {

/// `dev check`: the faults, then builds and runs everything about the exercises: starters
/// fail, wrong answers die, solutions pass `times` times, also on one core, also under
/// their sanitizers. Prints a line for each; returns the exit status. Call in a fiber.
int dev_check(const std::vector<const exercise*>& exercises, const course& c,
              program_runner& runner, bool files_only, int times);

/// `dev new`: a rung or an exercise whose files are complete but for their content.
/// Throws `usage_error` when the name will not do. Prints what it made.
void new_rung(const std::string& name, const course& c);
void new_exercise(const std::string& rung, const std::string& name, const course& c);

} // namespace ladder::learn
