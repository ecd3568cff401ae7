#include "desk.hpp"

#include "foreground.hpp"
#include "workbench/temporary.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
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
    text += fmt::format("  {}\n  {} of {} exercises passed", bar, passed, all.size());
    text += minutes_left > 0 ? fmt::format(", about {} minutes to go\n\n", minutes_left)
                             : std::string{"\n\n"};
    if (e == nullptr) {
        text += "  You are at the top. ./learn list shows the way you came.\n";
        return text;
    }
    const auto row = [&](std::string_view name, const std::string& what) {
        text += fmt::format("  {:<9} {}\n", name, l.wrap(what, 12));
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

std::string list_line(const exercise& e, const progress& p, const look& l) {
    const state s = state_of(e, p);
    const attempt& a = p.of(e.name);
    std::string note{word(s)};
    if (s == state::passed) note = l.green(note);
    if (a.gave_up && s == state::passed) note += ", after giving up";
    if (a.hints > 0) note += fmt::format(", {} hint{}", a.hints, a.hints == 1 ? "" : "s");
    return fmt::format("{:<26} {:>3} min  {}", e.name, e.minutes, note);
}

std::string list(const course& c, const progress& p, const look& l) {
    std::string text;
    const exercise* now = current(c, p);
    for (const rung& r : c.rungs()) {
        text += fmt::format("{}  {}\n", l.bold(r.number()), l.bold(r.word()));
        for (const exercise& e : r.exercises)
            text += fmt::format("  {} {}\n", &e == now ? ">" : " ", list_line(e, p, l));
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

std::string next_step(const look& l, std::string_view command, std::string_view what) {
    return fmt::format("\n  next    {}\n",
                       l.wrap(fmt::format("{}   {}", l.bold(command), what), 10));
}

std::string task(const exercise& e, const look& l) {
    std::string page = read_file(e.folder / "README.md");
    // The links at its end are for the web; its headline is said with the number.
    page.resize(std::min(page.find("\n<!-- pages -->"), page.size()));
    page.erase(0, page.find_first_not_of('\n', std::min(page.find('\n'), page.size())));
    return fmt::format("{}\n\n{}",
                       l.bold(fmt::format("{} {} · {}", e.number(), e.name, e.title)),
                       l.render(page));
}

std::string files_of(const exercise& e, const course& c) {
    const auto path = [&](const fs::path& file) { return shown(file, c.root()); };
    std::string text = fmt::format("\n  task    {}\n", path(e.folder / "README.md"));
    for (const std::string& name : e.edit)
        text += fmt::format("  edit    {}\n", path(e.folder / name));
    return text + fmt::format("  tests   {}\n", path(e.tests / "test.cpp"));
}

namespace {

/// A pager that leaves the text on the screen, and does nothing when it fits there.
void show_in_pager(const std::string& text) {
    const temporary_file page;
    replace_file(page.path(), text);
    ::setenv("LESSCHARSET", "utf-8", 0);
    const int status = run_in_foreground(
        std::vector<std::string>{"sh", "-c",
                                 R"(if [ "${PAGER:-}" ]; then exec $PAGER "$1"; fi
           exec less -FRX '-PsSpace shows more, q goes on' "$1" 2>/dev/null)",
                                 "sh", page.path()});
    if (status == 126 || status == 127) fmt::print("{}", text); // there is none
}

} // namespace

void open_exercise(const exercise& e, const course& c, const look& l) {
    const std::string text = task(e, l);
    const bool person = l.terminal && ::isatty(STDIN_FILENO) != 0;
    if (person && l.rows(text) >= l.height)
        show_in_pager(text);
    else
        fmt::print("{}", text);
    fmt::print("{}{}", files_of(e, c),
               next_step(l, "./learn watch " + e.name, "checks on every save"));
    const char* editor = std::getenv("EDITOR");
    if (editor == nullptr || *editor == '\0' || !person) return;
    // The shell takes $EDITOR apart: it may have arguments.
    std::vector<std::string> argv{"sh", "-c", R"($EDITOR "$@")", "sh"};
    for (const std::string& name : e.edit)
        argv.push_back(e.folder / name);
    run_in_foreground(argv);
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
        text += fmt::format("{}\n\n{}", l.bold(fmt::format("hint {} of {}", i, count)),
                            l.render(hints[static_cast<std::size_t>(i - 1)]));
    a.hints = std::max(a.hints, last);
    a.begun = true;
    p.set(e.name, a);
    if (again)
        text += fmt::format("That was the last one. To see the solution: "
                            "./learn solution {} --give-up\n",
                            e.name);
    return text;
}

} // namespace ladder::learn
