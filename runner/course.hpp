#pragma once

#include "terminal.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// The learner's companion; each command of `./learn` that is about the exercises.
namespace ladder::learn {

struct forbidden_pattern {
    std::string pattern; ///< An ECMAScript regular expression.
    std::string why;
};

/// What exercise.json says, and where the files are. Paths are absolute.
struct exercise {
    std::string rung;  ///< E.g. "05_threads".
    std::string name;  ///< E.g. "bank_account"; no other exercise has it.
    std::string title; ///< One line.
    int minutes = 0;
    std::vector<std::string> edit;       ///< File names in `folder`.
    std::vector<std::string> sanitizers; ///< "address", "undefined", "thread".
    int orders = 0; ///< Tested in every order of threads, with up to so many preemptions.
    std::string fails_with; ///< The check in which the starter fails.
    std::vector<forbidden_pattern> forbidden;

    std::filesystem::path folder;   ///< What the learner edits.
    std::filesystem::path solution; ///< The same file names, and WHY.md.
    std::filesystem::path tests;    ///< test.cpp, starter.patch, wrong/.

    std::string number() const { return rung.substr(0, 2); }

    /// The target of the build that has the learner's answer.
    std::string target() const { return rung + "_" + name + "_yours"; }

    std::string orders_target() const { return target() + "_orders"; }
};

struct rung {
    std::string name; ///< E.g. "05_threads".
    std::filesystem::path folder;
    std::vector<exercise> exercises;

    std::string number() const { return name.substr(0, 2); }

    std::string word() const { return name.substr(3); }
};

/// The rungs and their exercises, as the folders have them, bottom first.
class course {
public:
    /// Throws `std::runtime_error` when an exercise.json is not as it should be.
    explicit course(const std::filesystem::path& root);

    const std::filesystem::path& root() const noexcept { return root_; }

    const std::vector<rung>& rungs() const noexcept { return rungs_; }

    std::vector<const exercise*> exercises() const;

    /// By its name. Throws `usage_error`, with a suggestion.
    const exercise& find_exercise(std::string_view name) const;

    /// By number or name: "5", "05", "threads", "05_threads". Throws `usage_error`.
    const rung& find_rung(std::string_view name) const;

    /// The same; null when there is none.
    const rung* rung_called(std::string_view name) const;

    /// "The rungs are: 00_workbench 01_serial …"
    std::string rung_names() const;

private:
    std::filesystem::path root_;
    std::vector<rung> rungs_;
};

/// The whole file. Throws `std::runtime_error` with its name and the reason.
std::string read_file(const std::filesystem::path& file);

/// Writes all of it, or leaves the old file as it was. Throws `std::runtime_error`.
void replace_file(const std::filesystem::path& file, std::string_view text);

/// The path as the learner would type it, in the root of the project.
std::string shown(const std::filesystem::path& path, const std::filesystem::path& root);

} // namespace ladder::learn
