#include "dev.hpp"
#include "pattern.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace ladder::learn {

namespace fs = std::filesystem;
using namespace std::string_literals;

namespace {

/// Copies runner/new/KIND into the project. In the names and in the text of its files
/// RUNG stands for "05_threads", LESSON for "threads", NN for "05", NAME for the
/// exercise.
void copy_scaffold(std::string_view kind, const std::string& rung,
                   const std::string& name, const course& c) {
    const auto filled = [&](std::string text) {
        for (const auto& [place, with] : {std::pair{"RUNG"s, rung},
                                          {"LESSON"s, rung.substr(3)},
                                          {"NN"s, rung.substr(0, 2)},
                                          {"NAME"s, name}})
            for (auto at = text.find(place); at != text.npos;
                 at = text.find(place, at + with.size()))
                text.replace(at, place.size(), with);
        return text;
    };
    const fs::path from = c.root() / "runner" / "new" / kind;
    for (const auto& file : fs::recursive_directory_iterator{from}) {
        if (!file.is_regular_file()) continue;
        const fs::path to =
            c.root() / filled(file.path().lexically_relative(from).string());
        fs::create_directories(to.parent_path());
        replace_file(to, filled(read_file(file.path())));
        fmt::print("made     {}\n", shown(to, c.root()));
    }
}

void append(const fs::path& file, std::string_view line, const course& c) {
    replace_file(file, read_file(file) + std::string{line});
    fmt::print("changed  {}\n", shown(file, c.root()));
}

} // namespace

void new_rung(const std::string& name, const course& c) {
    if (!pattern{"[0-9][0-9]_[a-z][a-z0-9_]*"}.matches(name))
        throw usage_error{fmt::format("'{}' is no name for a rung; NN_name is", name)};
    for (const rung& r : c.rungs())
        if (r.number() == name.substr(0, 2))
            throw usage_error{fmt::format("there is {} already", r.name)};
    copy_scaffold("rung", name, "", c);
    append(c.root() / "lessons" / "CMakeLists.txt",
           fmt::format("\nladder_lesson({}\n  USES 00_workbench)\n", name), c);
    fmt::print("next     say what it teaches, and add a row to README.md\n");
}

void new_exercise(const std::string& rung, const std::string& name, const course& c) {
    if (!pattern{"[a-z][a-z0-9_]*"}.matches(name))
        throw usage_error{
            fmt::format("'{}' is no name for an exercise; snake_case is", name)};
    for (const exercise* e : c.exercises())
        if (e->name == name)
            throw usage_error{fmt::format("rung {} has a {} already", e->rung, name)};
    copy_scaffold("exercise", rung, name, c);
    append(c.root() / "tests" / "CMakeLists.txt",
           fmt::format("\nladder_exercise({} {})\n", rung, name), c);
    const fs::path page = c.root() / "lessons" / rung / "README.md";
    const std::string heading = "\n## Exercises\n\n";
    std::string lesson = read_file(page);
    if (const auto at = lesson.find(heading); at != lesson.npos) {
        lesson.insert(at + heading.size(),
                      fmt::format("- [{0}](../../exercises/{1}/{0}/README.md): say what "
                                  "is achieved. 10 minutes.\n",
                                  name, rung));
        replace_file(page, lesson);
        fmt::print("changed  {}\n", shown(page, c.root()));
    }
    fmt::print("next     ./learn dev check {}\n", name);
}

} // namespace ladder::learn
