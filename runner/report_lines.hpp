#pragma once

#include "reports.hpp"

/// What all reports need: lines, and the names of files in them.
namespace ladder::learn {

std::vector<std::string> lines_of(std::string_view text);

/// Compilers are sometimes told to write paths as seen from the folder of the build,
/// which is a folder of the course.
std::filesystem::path absolute(const std::filesystem::path& file, const places& where);

bool within(const std::filesystem::path& file, const std::filesystem::path& folder);

/// For a person: of the learner's own files the name alone.
std::string short_name(const std::filesystem::path& file, const places& where);

} // namespace ladder::learn
