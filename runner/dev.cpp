#include "dev.hpp"

#include "faults.hpp"
#include "terminal.hpp"
#include "workbench/machine_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string_view>

namespace ladder::learn {

namespace fs = std::filesystem;

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
            std::vector<std::string> argv{"cmake",    "--build",         folder,
                                          "--target", stem + "_answers", "slow_server"};
            std::vector<std::string> solution{
                fmt::format("{}/tests/{}_answers", folder, stem), "solution: *"};
            if (t.preset == "dev" && e->orders > 0)
                argv.push_back(stem + "_answers_orders");
            if (!step("compiles", argv)) continue;
            step("the starter fails, wrong answers die, the solution and right ones pass",
                 {"ctest", "--test-dir", folder, "--output-on-failure",
                  "--no-tests=error", "-R",
                  fmt::format("^{}\\.{}\\.", e->rung, e->name)});
            for (const bool one_core : {false, true}) {
                int passed = 0;
                std::string output;
                for (int i = 0; i < times && output.empty(); ++i) {
                    std::vector<std::string> run = solution;
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

} // namespace ladder::learn
