// learn: where you are in the course, whether your answer is right, and what is next.

#include "checks.hpp"
#include "course.hpp"
#include "desk.hpp"
#include "dev.hpp"
#include "doctor.hpp"
#include "explore.hpp"
#include "foreground.hpp"
#include "predict.hpp"
#include "program.hpp"
#include "progress.hpp"
#include "run.hpp"
#include "terminal.hpp"
#include "test_runs.hpp"
#include "watch.hpp"
#include "workbench/closest.hpp"
#include "workbench/last_error.hpp"
#include "workbench/option_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using namespace ladder;
using namespace ladder::learn;

namespace {

int show(const std::string& text) {
    fmt::print("{}", text);
    return 0;
}

class commands {
public:
    commands(const course& c, progress& p) : course_(c), progress_(p) {}

    const exercise& chosen(const std::string& name) const {
        if (!name.empty()) return course_.find_exercise(name);
        const exercise* e = current(course_, progress_);
        if (e == nullptr)
            throw usage_error{"all exercises are done; name the one you mean"};
        return *e;
    }

    int next(const std::string& name) {
        const exercise* e =
            name.empty() ? current(course_, progress_) : &course_.find_exercise(name);
        if (e == nullptr) return show(where_you_are(course_, progress_, look::now()));
        attempt a = progress_.of(e->name);
        a.begun = true;
        progress_.set(e->name, a);
        open_exercise(*e, course_, look::now());
        return 0;
    }

    int list() {
        const look l = look::now();
        const exercise* e = current(course_, progress_);
        return show(learn::list(course_, progress_, l) +
                    (e == nullptr ? next_step(l, "./learn verify", "all of them again")
                                  : next_step(l, "./learn next", e->title)));
    }

    /// One exercise, or all of a rung.
    int check(const std::string& name, bool raw) {
        const rung* const whole = course_.rung_called(name);
        const exercise* one = whole != nullptr ? nullptr : &chosen(name);
        std::vector<const exercise*> all;
        if (whole != nullptr)
            for (const exercise& e : whole->exercises)
                all.push_back(&e);
        if (whole != nullptr && all.empty())
            throw usage_error{fmt::format("rung {} has no exercises", name)};
        return with_programs([&](program_runner& runner) {
            checker with{course_, runner};
            return whole != nullptr ? check_several(all, course_, progress_, with)
                                    : check_one(*one, course_, progress_, with, raw);
        });
    }

    int verify() {
        return with_programs([&](program_runner& runner) {
            checker with{course_, runner};
            return check_several(course_.exercises(), course_, progress_, with);
        });
    }

    int hint(const std::string& name, bool all) {
        const exercise& e = chosen(name);
        const look l = look::now();
        return show(learn::hint(e, progress_, all, l) +
                    next_step(l, "./learn watch " + e.name, "checks on every save"));
    }

    int solution(const std::string& name, bool give_up) {
        const exercise* e = name.empty() ? last_passed() : nullptr;
        const look l = look::now();
        return show(
            learn::solution(e != nullptr ? *e : chosen(name), progress_, give_up, l) +
            next_step(l, "./learn next", "the next exercise"));
    }

    int reset(const std::string& name, bool all, bool yes) {
        if (all != name.empty())
            throw usage_error{"reset takes the name of an exercise, or --all"};
        const auto chosen =
            all ? course_.exercises() : std::vector{&course_.find_exercise(name)};
        if (!yes && !ask(all ? std::string{"Put all exercises back to their beginning? "
                                           "Copies of yours are kept."}
                             : fmt::format("Put {} back to its beginning? A copy of "
                                           "yours is kept.",
                                           name))) {
            fmt::print("nothing was changed\n");
            return 1;
        }
        for (const exercise* e : chosen) {
            const auto kept = learn::reset(*e, course_, progress_);
            if (!kept.empty())
                fmt::print("{} is as it was; yours is in {}\n", e->name,
                           shown(kept, course_.root()));
            else if (!all)
                fmt::print("{} is as it was\n", e->name);
        }
        return show(next_step(look::now(), all ? "./learn next" : "./learn next " + name,
                              "the task"));
    }

    int dev_check(const std::vector<std::string>& names, bool files_only, int times) {
        std::vector<const exercise*> chosen;
        for (const std::string& name : names)
            chosen.push_back(&course_.find_exercise(name));
        if (names.empty()) chosen = course_.exercises();
        return with_programs([&](program_runner& runner) {
            return learn::dev_check(chosen, course_, runner, files_only, times);
        });
    }

private:
    const exercise* last_passed() const { // the one that the learner has just solved
        const exercise* last = nullptr;
        for (const exercise* e : course_.exercises()) {
            if (progress_.of(e->name).passed.empty()) break;
            last = e;
        }
        return last;
    }

    const course& course_;
    progress& progress_;
};

/// Commands of the script come here only when they are misspelt.
constexpr std::array<std::string_view, 24> all_commands{
    "tour",   "list",     "next", "check",  "watch", "hint",  "solution", "reset",
    "verify", "predict",  "run",  "bench",  "test",  "docs",  "doctor",   "install",
    "dev",    "timeline", "help", "--help", "-h",    "--yes", "replay",   "explore"};

void know(std::string_view command) {
    if (std::ranges::count(all_commands, command) != 0) return;
    const std::string_view near = closest(command, all_commands);
    throw usage_error{
        fmt::format("there is no command '{}'. {}See: ./learn help", command,
                    near.empty() ? "" : fmt::format("Did you mean '{}'? ", near))};
}

int run(int argc, char** argv) {
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    const char* const root = std::getenv("LADDER_ROOT"); // ./learn sets it
    const course c{root != nullptr ? root : LADDER_ROOT};
    if (!words.empty()) {
        know(words[0]);
        // These hand on all that is said to them.
        const auto rest = std::span{words}.subspan(1);
        if (words[0] == "run") return run_rung(rest, c);
        if (words[0] == "bench") return run_benchmarks(rest, c);
    }
    option_parser options{"learn",
                          "Where you are in the course, and whether your answer is "
                          "right.",
                          "./learn help"};
    std::string name, rung, file;
    std::vector<std::string> names;
    bool json{}, svg{}, raw{}, all{}, give_up{}, yes{}, files_only{}, quick{}, again{},
        in_debugger{};
    int times = 20, preemptions = 2;

    const auto named = [&](const char* word, const char* what) -> option_parser& {
        option_parser& command = options.command(word, what);
        command.text("exercise", &name, "its name; the current one without it");
        return command;
    };
    auto& list = options.command("list", "rungs and exercises, and your state");
    list.flag("--json", &json, "for programs");
    auto& next = named("next", "open the next exercise");
    auto& check = named("check", "is my answer right? A rung: those of its exercises");
    check.flag("--raw", &raw, "all that the tools said, too");
    auto& watch = named("watch", "check again on every save");
    auto& hint = named("hint", "one more hint");
    hint.flag("--all", &all, "all hints");
    auto& solution = named("solution", "ours, and why");
    solution.flag("--give-up", &give_up, "before mine passed");
    auto& reset = named("reset", "back to the beginning");
    reset.flag("--all", &all, "all exercises");
    reset.flag("--yes", &yes, "do not ask");
    auto& replay = named("replay", "play the order of threads in which my answer fails");
    replay.flag("--debugger", &in_debugger, "in gdb");
    auto& explore = options.command("explore", "a program in every order of its threads");
    explore.text("FILE", &file, "its source").required();
    explore.number("--preemptions", &preemptions, "how often one is interrupted",
                   {0, 20});
    auto& predict = options.command("predict", "answer a lesson's question, then look");
    predict.text("rung", &rung, "e.g. 01; the current one without it");
    auto& verify = options.command("verify", "check all my answers");
    auto& dev = options.command("dev", "for those who write the course");
    auto& dev_check = dev.command("check", "are the exercises as they should be?");
    dev_check.texts("exercises", &names, "some of them; all without a name");
    dev_check.flag("--files", &files_only, "look at files only, build nothing");
    dev_check.number("--times", &times, "how often a solution must pass", {1, 1000});
    auto& dev_new = dev.command("new", "files for a new one");
    auto& dev_rung = dev_new.command("rung", "a lesson");
    dev_rung.text("name", &name, "NN_name").required();
    auto& dev_exercise = dev_new.command("exercise", "an exercise");
    dev_exercise.text("rung", &rung, "e.g. 05").required();
    dev_exercise.text("name", &name, "in snake_case").required();
    auto& timeline = options.command("timeline", "draw what was recorded");
    timeline.text("FILE", &file, "written under LADDER_TIMELINE").required();
    timeline.flag("--svg", &svg, "as a picture");
    timeline.flag("--json", &json, "as Trace Events, for https://ui.perfetto.dev");
    auto& test = options.command("test", "all tests, or some");
    test.text("filter", &name, "a regular expression for names of tests");
    test.flag("--quick", &quick, "once, with AddressSanitizer");
    test.flag("--again", &again, "also what passed, and nothing has changed since");
    auto& doctor = options.command("doctor", "what works here");

    if (const auto status = options.parse(words)) return *status;
    if (timeline.chosen()) {
        if (svg && json) return options.refuse("--svg or --json, not both");
        return draw_timeline(file, svg    ? drawing::svg
                                   : json ? drawing::json
                                          : drawing::terminal);
    }
    if (doctor.chosen()) return learn::doctor();
    if (explore.chosen()) return explore_file(file, preemptions, c);
    if (test.chosen())
        return with_programs(
            [&](auto& runner) { return run_tests(name, quick, again, c, runner); });
    if (dev_rung.chosen()) return new_rung(name, c), 0;
    if (dev_exercise.chosen()) return new_exercise(c.find_rung(rung).name, name, c), 0;
    progress p{progress::default_file(c.root())};
    commands cs{c, p};
    if (dev_check.chosen()) return cs.dev_check(names, files_only, times);
    if (dev.chosen())
        throw usage_error{
            "dev takes 'check', 'new rung NN_NAME' or 'new exercise NN NAME'"};
    if (list.chosen()) return json ? show(list_json(c, p)) : cs.list();
    if (next.chosen()) return cs.next(name);
    if (check.chosen()) return cs.check(name, raw);
    if (watch.chosen()) return learn::watch(cs.chosen(name), c, p);
    if (hint.chosen()) return cs.hint(name, all);
    if (solution.chosen()) return cs.solution(name, give_up);
    if (reset.chosen()) return cs.reset(name, all, yes);
    if (replay.chosen()) return learn::replay(cs.chosen(name), in_debugger, c);
    if (predict.chosen())
        return with_programs([&](program_runner& runner) {
            const std::string& asked = rung.empty() ? cs.chosen({}).rung : rung;
            return learn::predict(c.find_rung(asked), c, p, runner);
        });
    if (verify.chosen()) return cs.verify();
    return show(where_you_are(c, p, look::now()));
}

} // namespace

int main(int argc, char** argv) try {
    const int status = run(argc, argv);
    if (std::fflush(stdout) != 0) throw last_error("standard output");
    return status;
} catch (const silent_failure& failure) {
    return failure.status;
} catch (const usage_error& error) {
    fmt::print(stderr, "learn: {}\n", error.what());
    return 2;
} catch (const std::system_error& error) {
    fmt::print(stderr, "learn: {} (./learn doctor)\n", error.what());
    return 1;
} catch (const std::exception& error) {
    fmt::print(stderr, "learn: {}\n", error.what());
    return 1;
}
