// What the learner begins with, and what the learner has made of it: of desk.hpp.

#include "desk.hpp"
#include "processes/child_process.hpp"
#include "processes/pipe.hpp"
#include "workbench/temporary.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace ladder::learn {

namespace fs = std::filesystem;

namespace {

std::string output_of(const std::vector<std::string>& argv) {
    processes::pipe_ends pipe = processes::make_pipe();
    auto child = processes::child_process::spawn(
        argv, {.output = pipe.write.get(), .error = pipe.write.get()});
    pipe.write.reset();
    std::string output = processes::read_all(pipe.read.get());
    const auto status = child.wait();
    if (status.code() > 1 || status.signalled())
        throw std::runtime_error{
            fmt::format("{} {}: {}", argv[0], processes::describe(status), output)};
    return output;
}

/// Colours the lines of a unified diff.
std::string colored(const std::string& diff, const look& l) {
    std::string result;
    std::istringstream lines{diff};
    for (std::string line; std::getline(lines, line);)
        result += (line.starts_with('+')   ? l.green(line)
                   : line.starts_with('-') ? l.red(line)
                                           : line) +
                  "\n";
    return result;
}

} // namespace

std::string solution(const exercise& e, progress& p, bool give_up, const look& l) {
    attempt a = p.of(e.name);
    if (a.passed.empty() && !a.gave_up) {
        if (!give_up)
            throw usage_error{fmt::format("{} has not passed yet. ./learn check {}; or, "
                                          "to see the solution now, --give-up",
                                          e.name, e.name)};
        a.gave_up = true;
        p.set(e.name, a);
    }
    std::string text;
    for (const std::string& name : e.edit) {
        const std::string diff = output_of(
            {"diff", "-u", "--label", "yours/" + name, "--label", "solution/" + name,
             (e.folder / name).string(), (e.solution / name).string()});
        text += diff.empty() ? fmt::format("{}: yours is the same as ours\n", name)
                             : colored(diff, l);
    }
    return text + "\n" + l.render(read_file(e.solution / "WHY.md"));
}

void make_starter(const exercise& e, const fs::path& folder) {
    for (const auto& file : fs::directory_iterator{e.solution}) {
        const auto extension = file.path().extension();
        if (extension == ".hpp" || extension == ".cpp")
            fs::copy_file(file.path(), folder / file.path().filename());
    }
    output_of({"patch", "--quiet", "--fuzz=0", "--strip=1",
               "--directory=" + folder.string(),
               "--input=" + (e.tests / "starter.patch").string()});
}

std::vector<std::string> changed_files(const exercise& e) {
    const temporary_folder starter;
    make_starter(e, starter.path());
    std::vector<std::string> changed;
    for (const std::string& name : e.edit)
        if (!fs::exists(e.folder / name) ||
            read_file(e.folder / name) != read_file(starter / name))
            changed.push_back(name);
    return changed;
}

fs::path reset(const exercise& e, const course& c, progress& p) {
    const temporary_folder starter;
    make_starter(e, starter.path());
    const auto changed = changed_files(e);
    const attempt a = p.of(e.name);
    fs::path kept;
    if (!changed.empty()) {
        kept = c.root() / ".learn" / "kept" /
               fmt::format("{}-{:%Y%m%d-%H%M%S}", e.name,
                           fmt::localtime(std::time(nullptr)));
        fs::create_directories(kept);
        for (const std::string& name : changed) {
            if (fs::exists(e.folder / name))
                fs::copy_file(e.folder / name, kept / name,
                              fs::copy_options::overwrite_existing);
            replace_file(e.folder / name, read_file(starter / name));
        }
    }
    p.set(e.name, {.passed = {}, .hints = 0, .gave_up = a.gave_up, .begun = false});
    return kept;
}

} // namespace ladder::learn
