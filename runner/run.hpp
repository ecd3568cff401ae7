#pragma once

#include "course.hpp"

#include <span>
#include <string>

namespace ladder::learn {

/// `./learn run NN …`: builds a rung's program, and becomes it. With `--timeline` it
/// draws afterwards who waited; with `--broken NAME` it becomes a program that is wrong
/// on purpose, under the tool that its first comment names. Returns the exit status.
/// Throws `usage_error`.
int run_rung(std::span<const std::string> arguments, const course& c);

/// `./learn bench NAME …`: builds benchmarks and runs them. Throws `usage_error`.
int run_benchmarks(std::span<const std::string> arguments, const course& c);

enum class drawing { terminal, svg, json };

/// `./learn timeline FILE`: draws what was recorded there, on standard output. Returns
/// the exit status. Throws `usage_error` when there is no such file, and
/// `std::runtime_error` when it is no recording.
int draw_timeline(const std::filesystem::path& file, drawing how);

} // namespace ladder::learn
