#include "desk.hpp"

#include "processes/child_process.hpp"
#include "processes/pipe.hpp"
#include "workbench/temporary.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <sstream>

#include <unistd.h>

namespace ladder::learn {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

enum class state { passed, gave_up, begun, open };

state state_of(const exercise& e, const progress& p) {
    const attempt& a = p.of(e.name);
    if (!a.passed.empty()) return state::passed;
    if (a.gave_up) return state::gave_up;
    return a.begun ? state::begun : state::open;
}

std::string_view word(state s) {
    switch (s) {
    case state::passed:
        return "passed";
    case state::gave_up:
        return "gave up";
    case state::begun:
        return "begun";
    case state::open:
        return "open";
    }
    return "";
}

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

const exercise* current(const course& c, const progress& p) {
    for (const exercise* e : c.exercises())
        if (const state s = state_of(*e, p); s == state::open || s == state::begun)
            return e;
    return nullptr;
}

std::string where_you_are(const course& c, const progress& p, const look& l) {
    const auto all = c.exercises();
    std::size_t passed = 0;
    int minutes_left = 0;
    for (const exercise* e : all) {
        const state s = state_of(*e, p);
        passed += s == state::passed ? 1 : 0;
        if (s == state::open || s == state::begun) minutes_left += e->minutes;
    }
    const exercise* e = current(c, p);
    std::string bar;
    for (std::size_t i = 0; i < all.size(); ++i)
        bar += state_of(*all[i], p) == state::passed ? "█" : "░";
    std::string text = fmt::format("{}\n\n", l.bold("The Concurrency Ladder"));
    text += fmt::format("  {}  {} of {} exercises passed", bar, passed, all.size());
    text += minutes_left > 0 ? fmt::format(", about {} minutes to go\n\n", minutes_left)
                             : std::string{"\n\n"};
    if (e == nullptr) {
        text += "  You are at the top. ./learn list shows the way you came.\n";
        return text;
    }
    const auto row = [&](std::string_view name, const std::string& what) {
        text += fmt::format("  {:<9} {}\n", name, what);
    };
    if (p.empty()) text += "  New here? Look at the whole ladder first: ./learn tour\n\n";
    row("rung", fmt::format("{}    ./learn run {}", e->rung, e->number()));
    row("lesson", shown(c.root() / "lessons" / e->rung / "README.md", c.root()));
    row("exercise", fmt::format("{} · {} ({} minutes)", e->name, e->title, e->minutes));
    row("edit", shown(e->folder / e->edit.front(), c.root()));
    text += "\n";
    row("next", l.bold(p.empty() || changed_files(*e).empty() ? "./learn next"
                                                              : "./learn watch"));
    return text;
}

std::string list(const course& c, const progress& p, const look& l) {
    std::string text;
    const exercise* now = current(c, p);
    for (const rung& r : c.rungs()) {
        text += fmt::format("{}  {}\n", l.bold(r.number()), l.bold(r.word()));
        for (const exercise& e : r.exercises) {
            const state s = state_of(e, p);
            const attempt& a = p.of(e.name);
            std::string note{word(s)};
            if (s == state::passed) note = l.green(note);
            if (a.gave_up && s == state::passed) note += ", after giving up";
            if (a.hints > 0)
                note += fmt::format(", {} hint{}", a.hints, a.hints == 1 ? "" : "s");
            text += fmt::format("  {} {:<26} {:>3} min  {}\n", &e == now ? ">" : " ",
                                e.name, e.minutes, note);
        }
    }
    return text;
}

std::string list_json(const course& c, const progress& p) {
    json::array rungs;
    for (const rung& r : c.rungs()) {
        json::array exercises;
        for (const exercise& e : r.exercises) {
            const attempt& a = p.of(e.name);
            json::object one{{"name", e.name},       {"title", e.title},
                             {"minutes", e.minutes}, {"state", word(state_of(e, p))},
                             {"hints", a.hints},     {"gave_up", a.gave_up}};
            one["passed"] = a.passed.empty() ? json::value() : json::value(a.passed);
            exercises.push_back(one);
        }
        rungs.push_back(json::object{{"name", r.name},
                                     {"predicted", p.predicted(r.word())},
                                     {"exercises", exercises}});
    }
    return json::serialize(json::object{{"rungs", rungs}}) + "\n";
}

void open_exercise(const exercise& e, const course& c, const look& l) {
    const auto path = [&](const fs::path& file) { return shown(file, c.root()); };
    fmt::print("{}\n\n", l.bold(fmt::format("{} {} · {}", e.number(), e.name, e.title)));
    std::string task = read_file(e.folder / "README.md");
    task.resize(
        std::min(task.find("<!-- pages -->"), task.size())); // links are for the web
    fmt::print("{}\n", l.reflow(task));
    fmt::print("  task    {}\n", path(e.folder / "README.md"));
    for (const std::string& name : e.edit)
        fmt::print("  edit    {}\n", path(e.folder / name));
    fmt::print("  tests   {}\n", path(e.tests / "test.cpp"));
    fmt::print("  next    {}      (checks on every save)\n", l.bold("./learn watch"));
    std::fflush(stdout);
    const char* editor = std::getenv("EDITOR");
    if (editor == nullptr || *editor == '\0' || !l.terminal ||
        ::isatty(STDIN_FILENO) == 0)
        return;
    // The shell takes $EDITOR apart: it may have arguments.
    std::vector<std::string> argv{"sh", "-c", R"($EDITOR "$@")", "sh"};
    for (const std::string& name : e.edit)
        argv.push_back(e.folder / name);
    processes::child_process::spawn(argv).wait();
}

std::string page_section(const std::string& page, std::string_view heading) {
    std::istringstream lines{page};
    std::string text;
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("## "))
            inside = line.substr(3) == heading;
        else if (inside)
            text += line + "\n";
    }
    while (text.starts_with('\n'))
        text.erase(0, 1);
    while (text.ends_with("\n\n"))
        text.pop_back();
    return text;
}

std::string hint(const exercise& e, progress& p, bool all, const look& l) {
    const std::string page = read_file(e.folder / "hints.md");
    std::vector<std::string> hints;
    for (int i = 1;; ++i) {
        std::string text = page_section(page, fmt::format("{}", i));
        if (text.empty()) break;
        hints.push_back(std::move(text));
    }
    if (hints.empty())
        throw std::runtime_error{(e.folder / "hints.md").string() + " has no hints"};
    attempt a = p.of(e.name);
    const auto count = static_cast<int>(hints.size());
    const bool again = a.hints >= count && !all;
    const int last = all ? count : std::min(a.hints + 1, count);
    std::string text;
    for (int i = all ? 1 : last; i <= last; ++i)
        text += fmt::format("{}\n\n{}\n", l.bold(fmt::format("hint {} of {}", i, count)),
                            l.reflow(hints[static_cast<std::size_t>(i - 1)]));
    a.hints = std::max(a.hints, last);
    a.begun = true;
    p.set(e.name, a);
    if (again)
        text += fmt::format("That was the last one. To see the solution: "
                            "./learn solution {} --give-up\n",
                            e.name);
    return text;
}

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
    return text + "\n" + l.reflow(read_file(e.solution / "WHY.md"));
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
