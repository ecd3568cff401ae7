#include "run.hpp"

#include "broken.hpp"
#include "desk.hpp"
#include "foreground.hpp"
#include "predict.hpp"
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

words joined(words first, std::span<const std::string> more) {
    first.insert(first.end(), more.begin(), more.end());
    return first;
}

fs::path programs(const course& c) {
    return c.root() / "build" / "bin";
}

/// A benchmark that is no rung's program.
words shell_script(std::string_view name, const course& c) {
    return {"sh", c.root() / "runner" / name, c.root()};
}

/// The program that is made from NAME_main.cpp; empty when there is none.
std::string other_program(const rung& r, std::string name) {
    std::ranges::replace(name, '-', '_');
    if (!fs::exists(r.folder / (name + "_main.cpp"))) return {};
    const bool fetches = fs::exists(r.folder / fmt::format("{}_{}.hpp", r.word(), name));
    return fetches ? r.name + '_' + name : name;
}

constexpr int wrong_usage = 2; // the status of every program here

int run_with_timeline(const std::string& program,
                      std::span<const std::string> arguments) {
    const temporary_file recorded;
    ::setenv("LADDER_TIMELINE", recorded.path().c_str(), 1);
    const int status = run_in_foreground(joined({program}, arguments));
    if (status == wrong_usage) return status;
    // A demo that draws what it records leaves an empty recording here.
    if (fs::file_size(recorded.path()) == 0 || !timeline::read(recorded.path()).empty())
        draw_timeline(recorded.path(), drawing::terminal);
    return status;
}

/// What to type next, for a person; programs read what a rung prints, too.
void say_next(const rung& r, const look& l) {
    if (!l.terminal) return;
    const bool asks = fs::exists(r.folder / "predict.json");
    fmt::print("{}", next_step(l, fmt::format("./learn run {} --help", r.number()),
                               "its other demos, and its broken programs"));
    if (asks)
        fmt::print("          {}   what do you expect?\n",
                   l.bold(fmt::format("./learn predict {}", r.number())));
}

/// A line for each of a rung's broken programs, and for those beside its own.
void show_other_programs(const rung& r, const look& l) {
    const auto list = [&](std::string_view headline, const std::string& prefix,
                          const std::string& suffix) {
        words names = sources_in(r.folder, prefix, suffix);
        if (!names.empty()) fmt::print("\n{}\n\n", headline);
        for (std::string& name : names) {
            const auto what =
                first_comment(r.folder / fmt::format("{}{}{}.cpp", prefix, name, suffix));
            if (prefix.empty()) std::ranges::replace(name, '_', '-');
            fmt::print("  {:<15} {}\n", name,
                       l.wrap(what.substr(0, what.find_first_of(".:")), 18));
        }
    };
    list(fmt::format("Other programs: ./learn run {} NAME", r.number()), "", "_main");
    list(fmt::format("Wrong on purpose: ./learn run {} --broken NAME", r.number()),
         "broken_", "");
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
        needed.push_back(r.name + "_run"); // which it may run
    }
    if (arguments.empty() && target == r.name)
        if (const auto asked = read_prediction(r, c); asked && asked->program != r.name) {
            target = asked->program; // the rung's own one shows nothing by itself
            needed.push_back(r.name + "_run");
        }
    needed.push_back(target == r.name ? target + "_run" : target);
    script{c.root()}.build("dev", "building " + target, needed);
    const std::string program = programs(c) / target;
    const bool draw = first == "--timeline";
    if (draw || (target != r.name && !arguments.empty()))
        arguments = arguments.subspan(1);
    const look l = look::now();
    const int status = draw ? run_with_timeline(program, arguments)
                            : run_in_foreground(joined({program}, arguments));
    if (first == "--help" || first == "-h")
        show_other_programs(r, l);
    else
        say_next(r, l);
    return status;
}

int run_benchmarks(std::span<const std::string> arguments, const course& c) {
    words names;
    for (const rung& r : c.rungs())
        for (std::string& name : sources_in(r.folder, "bench_", ""))
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
    if (asked == "all" && arguments.size() > 1)
        throw usage_error{
            fmt::format("bench all takes nothing more, not '{}'", arguments[1])};
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
