#pragma once

#include "course.hpp"
#include "progress.hpp"
#include "terminal.hpp"

#include <string>
#include <string_view>

/// The commands that read and write files, and run nothing that takes long.
namespace ladder::learn {

/// The first exercise, bottom up, that has not passed and was not given up; null: done.
const exercise* current(const course& c, const progress& p);

/// Where you are, how far, what is next, and the command to type.
std::string where_you_are(const course& c, const progress& p, const look& l);

std::string list(const course& c, const progress& p, const look& l);
/// One of its lines: the exercise, its minutes, and how far you are with it.
std::string list_line(const exercise& e, const progress& p, const look& l);
std::string list_json(const course& c, const progress& p);

/// The last line of every screen: what to type next, and what for.
std::string next_step(const look& l, std::string_view command, std::string_view what);

/// The task, as its README says it.
std::string task(const exercise& e, const look& l);

/// Where its files are, a line for each.
std::string files_of(const exercise& e, const course& c);

/// Shows the task: at a terminal in $PAGER or less(1), where it is longer than the
/// screen; then opens the files to edit in $EDITOR.
void open_exercise(const exercise& e, const course& c, const look& l);

/// One more hint than before, or all. Throws `std::runtime_error`.
std::string hint(const exercise& e, progress& p, bool all, const look& l);

/// The difference between the learner's files and ours, and why. Throws `usage_error`
/// before it passed, unless the learner gives up, which the progress remembers.
std::string solution(const exercise& e, progress& p, bool give_up, const look& l);

/// Puts the starter back; a copy of the learner's files stays under .learn/kept, whose
/// path it returns; empty when there was nothing to put back.
std::filesystem::path reset(const exercise& e, const course& c, progress& p);

/// The starter's files, made in `folder`: the solution with starter.patch.
void make_starter(const exercise& e, const std::filesystem::path& folder);

/// The files that the learner changed since the beginning.
std::vector<std::string> changed_files(const exercise& e);

/// The part of a page under `## heading`, without the heading; empty: there is none.
std::string page_section(const std::string& page, std::string_view heading);

} // namespace ladder::learn
