#include "run.hpp"

#include "foreground.hpp"
#include "sanitizers.hpp"
#include "workbench/temporary.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace ladder::learn {

namespace fs = std::filesystem;

namespace {

using words = std::vector<std::string>;

/// The names of FOLDER/PREFIX_NAME.cpp, in order.
words names_in(const fs::path& folder, std::string_view prefix) {
    words names;
    for (const auto& file : fs::directory_iterator{folder}) {
        const std::string stem = file.path().stem();
        if (stem.starts_with(prefix) && file.path().extension() == ".cpp")
            names.push_back(stem.substr(prefix.size()));
    }
    std::ranges::sort(names);
    return names;
}

words split(const std::string& line) {
    std::istringstream in{line};
    words result;
    for (std::string word; in >> word;)
        result.push_back(word);
    return result;
}

words joined(words first, std::span<const std::string> more) {
    first.insert(first.end(), more.begin(), more.end());
    return first;
}

/// "// shown-by: strace -f" in the first comment of a broken program.
std::string tool_of(const fs::path& source) {
    constexpr std::string_view mark = "// shown-by: ";
    std::ifstream lines{source};
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(mark)) return line.substr(mark.size());
    return {};
}

fs::path programs(const course& c, const std::string& preset = "dev") {
    return c.root() / (preset == "dev" ? "build" : "build-" + preset) / "bin";
}

/// A benchmark that is no rung's program.
words shell_script(std::string_view name, const course& c) {
    return {"sh", c.root() / "runner" / name, c.root()};
}

int run_broken(const rung& r, const std::string& name, const course& c) {
    const words names = names_in(r.folder, "broken_");
    if (std::ranges::count(names, name) == 0)
        throw usage_error{fmt::format(
            "{}Its broken programs are: {}",
            name.empty() ? "--broken takes a name. "
                         : fmt::format("rung {} has no '{}'. ", r.name, name),
            names.empty() ? "none" : fmt::format("{}", fmt::join(names, " ")))};
    const std::string target = r.name + "_broken_" + name;
    const words tool = split(tool_of(r.folder / ("broken_" + name + ".cpp")));
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
    argv.push_back(programs(c, preset) / target);
    become(argv);
}

/// The program that is made from NAME_main.cpp; empty when there is none.
std::string other_program(const rung& r, std::string name) {
    std::ranges::replace(name, '-', '_');
    if (!fs::exists(r.folder / (name + "_main.cpp"))) return {};
    const bool fetches = fs::exists(r.folder / fmt::format("{}_{}.hpp", r.word(), name));
    return fetches ? r.name + '_' + name : name;
}

int run_with_timeline(const std::string& program,
                      std::span<const std::string> arguments) {
    const temporary_file recorded;
    ::setenv("LADDER_TIMELINE", recorded.path().c_str(), 1);
    const int status = run_in_foreground(joined({program}, arguments));
    draw_timeline(recorded.path(), drawing::terminal);
    return status;
}

} // namespace

int run_rung(std::span<const std::string> arguments, const course& c) {
    if (arguments.empty())
        throw usage_error{fmt::format("run takes a rung. {}", c.rung_names())};
    const rung& r = c.find_rung(arguments[0]);
    arguments = arguments.subspan(1);
    std::string target = r.name;
    words needed{"slow_server"};
    const std::string first = arguments.empty() ? "" : arguments[0];
    if (first == "--broken")
        return run_broken(r, arguments.size() > 1 ? arguments[1] : "", c);
    if (first.starts_with("broken_")) { // as it is, without a tool
        if (!fs::exists(r.folder / (first + ".cpp")))
            throw usage_error{fmt::format("rung {} has no '{}'", r.name, first)};
        target += "_" + first;
    } else if (const std::string other = other_program(r, first); !other.empty()) {
        target = other;
        needed.push_back(r.name); // which it may run
    }
    needed.push_back(target);
    script{c.root()}.build("dev", "building " + target, needed);
    const std::string program = programs(c) / target;
    const bool draw = first == "--timeline";
    if (draw || target != r.name) arguments = arguments.subspan(1);
    if (draw) return run_with_timeline(program, arguments);
    become(joined({program}, arguments));
}

int run_benchmarks(std::span<const std::string> arguments, const course& c) {
    words names;
    for (const rung& r : c.rungs())
        for (std::string& name : names_in(r.folder, "bench_"))
            names.push_back(std::move(name));
    const std::string asked = arguments.empty() ? "" : arguments[0];
    const script build{c.root()};
    if (asked == "learn") {
        build.require("exercises");
        become(joined(shell_script("bench_learn.sh", c), arguments.subspan(1)));
    }
    if (asked == "build")
        become(joined(shell_script("bench_build.sh", c), arguments.subspan(1)));

    // A last word of names means all that have it: pool is process_pool and thread_pool.
    words chosen;
    for (const std::string& name : names)
        if (asked == "all" || ("_" + name).ends_with("_" + asked)) chosen.push_back(name);
    if (asked.empty() || chosen.empty())
        throw usage_error{fmt::format(
            "{}The benchmarks are: {} learn build; all",
            asked.empty() ? "bench takes a name. "
                          : fmt::format("there is no benchmark '{}'. ", asked),
            fmt::join(names, " "))};
    words targets{"slow_server"};
    for (const std::string& name : chosen)
        targets.push_back("bench_" + name);
    if (asked == "all") {
        build.require("exercises");
        build.require("bench");
        targets.insert(targets.end(), {"tour", "learn"});
        build.build("dev", "building all benchmarks", targets);
        become(joined(shell_script("bench_all.sh", c), names));
    }
    build.require("bench");
    build.build("dev", fmt::format("building {}", fmt::join(chosen, " ")), targets);
    const auto command = [&](const std::string& name) {
        return joined({programs(c) / ("bench_" + name)}, arguments.subspan(1));
    };
    if (chosen.size() == 1) become(command(chosen[0]));
    for (const std::string& name : chosen) {
        fmt::print("\n{}\n\n", name);
        if (run_in_foreground(command(name)) != 0) return 1;
    }
    return 0;
}

int draw_timeline(const fs::path& file, drawing how) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) throw usage_error{fmt::format("{}: {}", file.string(), error.message())};
    // A program that never begins to record leaves an empty file.
    const auto intervals =
        size == 0 ? std::vector<timeline::interval>{} : timeline::read(file);
    if (how == drawing::json) {
        fmt::print("{}", timeline::trace_event_json(intervals));
    } else if (intervals.empty()) {
        fmt::print(how == drawing::svg ? stderr : stdout,
                   "Nothing was recorded: this demo has no timeline, or draws it itself. "
                   "Others: ./learn run NN --help\n");
        return how == drawing::svg ? 1 : 0;
    } else if (how == drawing::svg) {
        fmt::print("{}", timeline::draw_svg(intervals));
    } else {
        const look l = look::now();
        fmt::print("\n{}", timeline::draw_terminal(intervals,
                                                   {.width = l.width, .color = l.color}));
    }
    return 0;
}

} // namespace ladder::learn
