#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace ladder::learn {

/// How far a learner is with one exercise.
struct attempt {
    std::string passed;   ///< The day, e.g. "2026-11-21"; empty: not yet.
    int hints = 0;        ///< How many were shown.
    bool gave_up = false; ///< Looked at the solution before it passed.
    bool begun = false;   ///< Was opened, checked, or asked about.

    bool operator==(const attempt&) const = default;
};

/// What the learner did so far: a small text file, one fact a line, by name and not by
/// number, so that it fits a later version of the course and another machine.
///
///     exercise one_bad_url begun
///     exercise one_bad_url passed 2026-11-21
///     exercise one_bad_url hints 2
///     exercise one_bad_url gave-up
///     lesson serial predicted
///
/// Lines that it does not understand it keeps.
class progress {
public:
    /// The environment's LADDER_PROGRESS, or .learn/progress in the root of the project.
    static std::filesystem::path default_file(const std::filesystem::path& root);

    /// No file: a fresh start. Throws `std::runtime_error` when there is one that cannot
    /// be read: nothing is lost by starting afresh over it.
    explicit progress(std::filesystem::path file);

    const attempt& of(const std::string& exercise) const;

    bool predicted(const std::string& lesson) const {
        return predicted_.contains(lesson);
    }

    bool empty() const { return attempts_.empty() && predicted_.empty(); }

    /// Each of these saves at once: the whole file is replaced, or stays as it was.
    /// Throws `std::runtime_error`.
    void set(const std::string& exercise, const attempt& now);
    void set_predicted(const std::string& lesson);

private:
    void save() const;

    std::filesystem::path file_;
    std::map<std::string, attempt> attempts_;
    std::set<std::string> predicted_;
    std::vector<std::string> others_; // lines, as they were
};

/// The day as in "2026-11-21", where the learner is.
std::string today();

} // namespace ladder::learn
