#pragma once

#include "command_line.hpp"

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace ladder::fetcher {

/// What is wrong with the folder of a job, or with how it is used: in one line, with what
/// to do.
class job_error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The name of a folder for a command that is to be typed: as it is, or in quotes.
std::string as_typed(const std::filesystem::path& folder);

/// A list as it was when the job began. Equal ones are the same list.
struct list_identity {
    std::uint64_t bytes = 0;
    std::string sha256{};
    bool operator==(const list_identity&) const = default;
};

/// What is in job.json.
struct job_description {
    list_identity list{};
    bool whole_list = false; ///< Standard input was read to its end.
    command_line options{};  ///< Of them, what matters for what is fetched and how.
};

/// Of all that the list of these options would have. Throws std::system_error.
list_identity identify(const command_line& options);
/// Of a file.
list_identity identify(const std::string& file);

/// Throws job_error when the file is no description, or one of another version.
job_description read_description(const std::filesystem::path& file);

/// Replaces the file at once, or not at all, unless it says that already. Throws
/// std::system_error.
void write_description(const std::filesystem::path& file, const job_description& about);

/// "the list has 1000 bytes and had 500"; empty: it is the same one.
std::string difference(const list_identity& then, const list_identity& now);

/// How the options, and the list if it is not standard input, differ in what decides
/// about the results: "--max-bytes is 1000 and was 500"; empty: they do not.
std::string difference(const job_description& then, const command_line& now);

} // namespace ladder::fetcher
