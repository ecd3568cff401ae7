#include "broken.hpp"

#include "desk.hpp"
#include "foreground.hpp"
#include "program.hpp"
#include "reports.hpp"
#include "sanitizers.hpp"
#include "terminal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string_view>

namespace ladder::learn {

namespace fs = std::filesystem;

namespace {

using words = std::vector<std::string>;

constexpr std::string_view mark = "shown-by: ";

/// "shown-by: strace -f" in the first comment of a broken program.
words tool_of(const fs::path& source) {
    std::ifstream lines{source};
    words result;
    for (std::string line; std::getline(lines, line) && line.starts_with("//");) {
        const auto at = line.find(mark);
        if (at == line.npos) continue;
        std::istringstream in{line.substr(at + mark.size())};
        for (std::string word; in >> word;)
            result.push_back(word);
    }
    return result;
}

/// As it runs in the foreground, but what it prints is also looked at.
int run_and_read(const words& argv, std::string& output) {
    return with_programs([&](program_runner& runner) {
        const auto ran = runner.run(argv, {.on_output = [](std::string_view text) {
                                        fmt::print("{}", text);
                                        std::fflush(stdout);
                                    }});
        output = ran.output;
        if (!ran.status) return stopped_by_hand;
        return ran.status->exited() ? ran.status->code() : 128 + ran.status->signal();
    });
}

/// The last lines with what strace(1) was asked to trace.
words traced(const std::string& output, const words& tool) {
    const auto asked = std::ranges::find_if(
        tool, [](const std::string& word) { return word.starts_with("trace="); });
    words lines;
    if (asked == tool.end()) return lines;
    const std::string call = asked->substr(6) + "(";
    std::istringstream in{output};
    for (std::string line; std::getline(in, line);)
        if (line.find(call) != line.npos) lines.push_back(line);
    if (lines.size() > 2) lines.erase(lines.begin(), lines.end() - 2);
    return lines;
}

} // namespace

words sources_in(const fs::path& folder, const std::string& prefix,
                 const std::string& suffix) {
    words names;
    for (const auto& file : fs::directory_iterator{folder}) {
        const std::string stem = file.path().stem();
        if (file.path().extension() == ".cpp" && stem.starts_with(prefix) &&
            stem.ends_with(suffix) && stem.size() > prefix.size() + suffix.size())
            names.push_back(
                stem.substr(prefix.size(), stem.size() - prefix.size() - suffix.size()));
    }
    std::ranges::sort(names);
    return names;
}

std::string first_comment(const fs::path& source) {
    constexpr std::string_view usual = "Deliberately wrong: ";
    std::ifstream lines{source};
    std::string text;
    for (std::string line; std::getline(lines, line) && line.starts_with("//");) {
        line = line.substr(std::min(line.find_first_not_of("/ "), line.size()));
        const auto at = line.find(mark);
        line.resize(std::min(at, line.size()));
        while (line.ends_with(' '))
            line.pop_back();
        if (!line.empty()) text += (text.empty() ? "" : " ") + line;
    }
    if (text.starts_with(usual)) text.erase(0, usual.size());
    if (!text.empty()) text[0] = static_cast<char>(std::toupper(text[0]));
    return text;
}

int run_broken(const rung& r, const std::string& name, const course& c) {
    const words names = sources_in(r.folder, "broken_", "");
    if (std::ranges::count(names, name) == 0)
        throw usage_error{fmt::format(
            "{}Its broken programs are: {}",
            name.empty() ? "--broken takes a name. "
                         : fmt::format("rung {} has no '{}'. ", r.name, name),
            names.empty() ? "none" : fmt::format("{}", fmt::join(names, " ")))};
    const std::string target = r.name + "_broken_" + name;
    const fs::path source = r.folder / ("broken_" + name + ".cpp");
    const words tool = tool_of(source);
    const script build{c.root()};
    std::string preset = "dev", purpose;
    words argv;
    if (!tool.empty()) {
        build.require("exercises");
        purpose = " for " + tool.front();
        if (tool.front() == "ThreadSanitizer")
            preset = "tsan";
        else if (tool.front() == "AddressSanitizer")
            preset = "asan";
        else
            argv = tool;
    }
    if (preset != "dev") argv = fixed_addresses();
    build.build(preset, "building " + target + purpose, {"slow_server", target});
    const fs::path folder = preset == "dev" ? "build" : "build-" + preset;
    argv.push_back(c.root() / folder / "bin" / target);

    std::string output;
    const int status =
        tool.empty() ? run_in_foreground(argv) : run_and_read(argv, output);
    const look l = look::now();
    const auto label = [&](std::string_view word, const std::string& what) {
        fmt::print("  {}  {}\n", l.bold(fmt::format("{:<4}", word)), l.wrap(what, 8));
    };
    fmt::print("\n");
    const auto report = sanitizer_report(
        output, {.root = c.root(), .yours = r.folder, .tests = r.folder});
    const words matters = report ? *report : traced(output, tool);
    for (std::size_t i = 0; i < matters.size(); ++i)
        label(i == 0 ? "see" : "", matters[i]);
    label("why", first_comment(source));
    label("read",
          fmt::format("{}, What goes wrong", shown(r.folder / "README.md", c.root())));
    return status;
}

} // namespace ladder::learn
