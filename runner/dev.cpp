#include "dev.hpp"

#include "desk.hpp"
#include "predict.hpp"
#include "reports.hpp"
#include "terminal.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/temporary.hpp"

#include <boost/regex.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>
#include <string_view>

#include <stdlib.h>

namespace ladder::learn {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 10> sections{"What is still wrong",
                                                    "Predict",
                                                    "The idea",
                                                    "The code",
                                                    "Run it",
                                                    "What goes wrong",
                                                    "When not to use it",
                                                    "In Python terms",
                                                    "Exercises",
                                                    "What is still missing"};

/// Of one kind: "wrong" or "right".
std::vector<fs::path> patches_of(const exercise& e, std::string_view kind = "wrong") {
    std::vector<fs::path> result;
    std::error_code none;
    for (const auto& file : fs::directory_iterator{e.tests / kind, none})
        if (file.path().extension() == ".patch") result.push_back(file.path());
    std::ranges::sort(result);
    return result;
}

/// A long name may be in several literals, one beside the other.
bool has_check(const std::string& test, const std::string& name) {
    static const boost::regex seam{R"("\s+"|(?<=[A-Z]\()\s+)"};
    const std::string text = boost::regex_replace(test, seam, "");
    const auto has = [&](const char* macro) {
        return text.find(fmt::format("{}(\"{}\"", macro, name)) != text.npos;
    };
    return has("TEST_CASE") || has("IN_EVERY_ORDER") || has("FOR_EVER_ASLEEP");
}

void look_at_hints(const std::string& page,
                   const std::function<void(const std::string&)>& wrong) {
    for (int i = 1; i <= 4; ++i) {
        const std::string hint = page_section(page, fmt::format("{}", i));
        if (hint.empty()) wrong(fmt::format("hint {} is missing", i));
        if (i <= 2 && hint.find("```") != hint.npos)
            wrong(fmt::format("hint {} gives code away; the first two may not", i));
    }
}

void look_at_wrong_answers(
    const exercise& e, const std::string& test,
    const std::function<void(const fs::path&, const std::string&)>& wrong) {
    static const boost::regex caught{
        R"(^caught-by: (?:(Thread|Address)Sanitizer: )?(orders: )?(.+)$)"};
    std::string orders; // its checks
    if (e.orders > 0) orders = read_file(e.tests / "orders.cpp");
    const auto patches = patches_of(e);
    if (patches.size() < 3)
        wrong(e.tests / "wrong",
              fmt::format("{} wrong answers; three is the least", patches.size()));
    for (const fs::path& patch : patches) {
        std::istringstream lines{read_file(patch)};
        std::string what, reason;
        std::getline(lines, what);
        std::getline(lines, reason);
        if (what.empty() || what.starts_with("---"))
            wrong(patch, "the first line must say what is wrong");
        if (!boost::regex_match(reason, caught))
            wrong(patch, "the second line must be 'caught-by: CHECK'");
        boost::smatch match; // there may be several
        for (; boost::regex_match(reason, match, caught); std::getline(lines, reason)) {
            if (!has_check(match[2].matched ? orders : test, match[3]))
                wrong(patch, fmt::format("the test has no check '{}'", match[3].str()));
            const std::string tool = match[1] == "Thread" ? "thread" : "address";
            if (match[1].matched && std::ranges::count(e.sanitizers, tool) == 0)
                wrong(patch, fmt::format("exercise.json does not ask for \"{}\"", tool));
        }
    }
}

} // namespace

std::vector<std::string> faults(const exercise& e, const course& c, bool pristine) {
    std::vector<std::string> result;
    const auto wrong = [&](const fs::path& file, const std::string& what) {
        result.push_back(fmt::format("{}: {}", shown(file, c.root()), what));
    };
    const auto read = [&](const fs::path& file) -> std::string {
        if (fs::exists(file)) return read_file(file);
        wrong(file, "is missing");
        return {};
    };
    const fs::path description = e.folder / "exercise.json";
    if (e.minutes < 5 || e.minutes > 30) wrong(description, "minutes: 10 to 20, please");
    for (const std::string& s : e.sanitizers)
        if (s != "thread" && s != "address" && s != "undefined")
            wrong(description, fmt::format("there is no sanitizer '{}'", s));
    read(e.folder / "README.md");
    read(e.solution / "WHY.md");
    const std::string test = read(e.tests / "test.cpp");
    if ((e.orders > 0) != fs::exists(e.tests / "orders.cpp"))
        wrong(description, "\"orders\" and orders.cpp belong together");
    if (!has_check(test, e.fails_with))
        wrong(e.tests / "test.cpp", fmt::format("has no check '{}'", e.fails_with));
    look_at_hints(read(e.folder / "hints.md"),
                  [&](const std::string& what) { wrong(e.folder / "hints.md", what); });
    look_at_wrong_answers(e, test, wrong);
    for (const fs::path& patch : patches_of(e, "right"))
        if (read(patch).starts_with("---"))
            wrong(patch, "the first line must say how it is built");

    for (const std::string& name : e.edit)
        for (const forbidden_pattern& f : e.forbidden)
            if (boost::regex_search(code_only(read(e.solution / name)),
                                    boost::regex{f.pattern}))
                wrong(e.solution / name, fmt::format("has '{}': {}", f.pattern, f.why));
    try {
        const temporary_folder starter;
        make_starter(e, starter.path());
        bool to_do = false;
        for (const std::string& name : e.edit) {
            const std::string text = read(starter / name);
            to_do |= text.find("// TODO") != text.npos;
            if (pristine && text != read(e.folder / name))
                wrong(e.folder / name, "is not the solution with starter.patch");
        }
        if (!to_do) wrong(e.tests / "starter.patch", "the starter has no '// TODO'");
    } catch (const std::exception& error) {
        wrong(e.tests / "starter.patch", error.what());
    }
    const fs::path lesson = c.root() / "lessons" / e.rung / "README.md";
    if (read(lesson).find(fmt::format("exercises/{}/{}/README.md", e.rung, e.name)) ==
        std::string::npos)
        wrong(lesson, "does not link " + e.name);
    const fs::path cmake = c.root() / "tests" / "CMakeLists.txt";
    if (read(cmake).find(fmt::format("ladder_exercise({} {}", e.rung, e.name)) ==
        std::string::npos)
        wrong(cmake, "has no ladder_exercise for " + e.name);
    return result;
}

std::vector<std::string> faults(const rung& r, const course& c) {
    std::vector<std::string> result;
    const auto wrong = [&](const fs::path& file, const std::string& what) {
        result.push_back(fmt::format("{}: {}", shown(file, c.root()), what));
    };
    const fs::path readme = r.folder / "README.md";
    if (!fs::exists(readme)) {
        wrong(readme, "is missing");
        return result;
    }
    const std::string page = read_file(readme);
    std::size_t at = 0;
    for (const std::string_view heading : sections) {
        const auto found = page.find(fmt::format("\n## {}\n", heading));
        if (found == page.npos)
            wrong(readme, fmt::format("has no section '{}'", heading));
        else if (found < at)
            wrong(readme, fmt::format("'{}' comes too early", heading));
        else
            at = found;
    }
    const auto asked = read_prediction(r, c);
    if (!asked)
        wrong(r.folder / "predict.json", "is missing");
    else if (asked->question.empty() || asked->explanation.empty())
        wrong(readme, "'Predict' needs a question and a folded answer");
    return result;
}

int dev_check(const std::vector<const exercise*>& exercises, const course& c,
              program_runner& runner, bool files_only, int times) {
    const look l = look::now();
    std::size_t bad = 0;
    const auto say = [&](bool ok, std::string_view what, std::string_view more = {}) {
        bad += ok ? 0 : 1;
        fmt::print("{}  {}\n", ok ? l.green("ok  ") : l.red("FAIL"), what);
        if (!ok && !more.empty()) fmt::print("{}\n", more);
        std::fflush(stdout);
    };
    const auto say_faults = [&](std::string_view of, const auto& found) {
        say(found.empty(), fmt::format("{}: files", of));
        for (const std::string& fault : found)
            fmt::print("      {}\n", fault);
    };
    for (const rung& r : c.rungs())
        if (exercises == c.exercises() ||
            std::ranges::any_of(exercises, [&](auto* e) { return e->rung == r.name; }))
            say_faults(r.name, faults(r, c));
    for (const exercise* e : exercises) {
        say_faults(e->rung + "/" + e->name, faults(*e, c, !files_only));
        if (files_only) continue;

        struct tree {
            std::string preset, folder;
        };

        std::vector<tree> trees{{"dev", "build"}, {"asan", "build-asan"}};
        // Fibers that move stacks, or Boost's own locks, are not for every sanitizer; the
        // exercise says whether its races are for this one.
        if (std::ranges::count(e->sanitizers, "thread") > 0)
            trees.push_back({"tsan", "build-tsan"});
        for (const tree& t : trees) {
            const std::string folder = c.root() / t.folder;
            const std::string name =
                fmt::format("{}/{} ({})", e->rung, e->name, t.preset);
            const auto step = [&](std::string_view what, std::vector<std::string> argv) {
                if (t.preset != "dev") argv.insert(argv.begin(), {"setarch", "-R"});
                const auto ran = runner.run(argv);
                say(ran.success(), fmt::format("{}: {}", name, what), ran.output);
                return ran.success();
            };
            if (!fs::exists(folder + "/build.ninja") &&
                !step("configured",
                      {"cmake", "-S", c.root().string(), "--preset", t.preset}))
                continue;
            const std::string stem = e->rung + "_" + e->name;
            std::vector<std::string> argv{"cmake",    "--build",          folder,
                                          "--target", stem + "_solution", "slow_server"};
            const auto add = [&](const std::string& answer) {
                argv.push_back(stem + "_" + answer);
                if (e->orders > 0 && t.preset == "dev")
                    argv.push_back(argv.back() + "_orders");
            };
            if (t.preset == "dev") argv.push_back(stem + "_starter");
            if (e->orders > 0 && t.preset == "dev")
                argv.push_back(stem + "_solution_orders");
            for (const fs::path& patch : patches_of(*e)) {
                const std::string text = read_file(patch);
                const std::string tool = t.preset == "tsan"   ? "ThreadSanitizer: "
                                         : t.preset == "asan" ? "AddressSanitizer: "
                                                              : "";
                static const boost::regex by_the_test{
                    "\ncaught-by: (?!orders:|Thread|Address)"};
                const bool plain = boost::regex_search(text, by_the_test);
                const std::string target = stem + "_" + patch.stem().string();
                if (tool.empty() ? plain
                                 : text.find("\ncaught-by: " + tool) != text.npos)
                    argv.push_back(target);
                if (t.preset == "dev" && text.find("\ncaught-by: orders: ") != text.npos)
                    argv.push_back(target + "_orders");
            }
            for (const fs::path& patch : patches_of(*e, "right"))
                add("right_" + patch.stem().string());
            if (!step("compiles", argv)) continue;
            step("the starter fails, wrong answers die, the solution and right ones pass",
                 {"ctest", "--test-dir", folder, "--output-on-failure",
                  "--no-tests=error", "-R",
                  fmt::format("^{}\\.{}\\.", e->rung, e->name)});
            const std::string test = fmt::format("{}/tests/{}_solution", folder, stem);
            for (const bool one_core : {false, true}) {
                int passed = 0;
                std::string output;
                for (int i = 0; i < times && output.empty(); ++i) {
                    std::vector<std::string> run{test};
                    if (t.preset != "dev") run.insert(run.begin(), {"setarch", "-R"});
                    if (one_core)
                        run.insert(run.begin(), {"taskset", "-c",
                                                 fmt::format("{}", first_usable_core())});
                    const auto ran = runner.run(run);
                    if (runner.cancelled()) return 1;
                    if (ran.success())
                        ++passed;
                    else
                        output = ran.output + " ";
                }
                say(output.empty(),
                    fmt::format("{}: the solution passes {} times{}", name, passed,
                                one_core ? " on one core" : ""),
                    output);
            }
        }
        if (runner.cancelled()) return 1;
    }
    if (!files_only && exercises == c.exercises()) { // pages quote many programs
        const std::string folder = c.root() / "build";
        const auto built = runner.run({"cmake", "--build", folder});
        say(built.success(), "all of it compiles", built.output);
        const auto pages =
            runner.run({"ctest", "--test-dir", folder, "--output-on-failure",
                        "--no-tests=error", "-R", "^docs\\."});
        say(pages.success(), "the pages quote code and output as they are", pages.output);
    }
    fmt::print("{}\n", bad == 0
                           ? "all is as it should be"
                           : fmt::format("{} of these are not as they should be", bad));
    return bad == 0 ? 0 : 1;
}

// ---- scaffolds

namespace {

/// Copies runner/new/KIND into the project. In the names and in the text of its files
/// RUNG stands for "05_threads", LESSON for "threads", NN for "05", NAME for the
/// exercise.
void copy_scaffold(std::string_view kind, const std::string& rung,
                   const std::string& name, const course& c) {
    const auto filled = [&](std::string text) {
        for (const auto& [place, with] : {std::pair{"RUNG", rung},
                                          {"LESSON", rung.substr(3)},
                                          {"NN", rung.substr(0, 2)},
                                          {"NAME", name}})
            text = boost::regex_replace(text, boost::regex{place}, with);
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
    if (!boost::regex_match(name, boost::regex{"[0-9][0-9]_[a-z][a-z0-9_]*"}))
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
    if (!boost::regex_match(name, boost::regex{"[a-z][a-z0-9_]*"}))
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
