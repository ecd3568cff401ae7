// learn tour: the same list of slow pages on every rung of the ladder that fetches.

#include "machine.hpp"
#include "page.hpp"
#include "pictures.hpp"
#include "race.hpp"
#include "results.hpp"
#include "table.hpp"
#include "terminal.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace ladder;
using namespace ladder::tour;
namespace fs = std::filesystem;

namespace {

// What the comparison shows.
constexpr std::string_view slow_rung = "01_serial", fast_rung = "11_fibers_on_asio";

struct options {
    workload work;
    fs::path output = LADDER_TOUR_FOLDER;
    fs::path picture;
    fs::path rungs = LADDER_TOUR_RUNGS;
    bool no_color = false;
};

constinit std::atomic<bool> interrupted{false};

void interrupt(int) {
    interrupted = true;
}

void take_signals() {
    struct sigaction action {};

    action.sa_handler = interrupt;
    action.sa_flags = SA_RESTART; // a question to the server is answered all the same
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGHUP, &action, nullptr);
}

/// Nothing when the program should end with `status`.
std::optional<options> parse_command_line(int argc, char** argv, int& status) {
    options o;
    o.work.processes = usable_cores();
    o.work.runs = 3;
    bool machine = false;
    option_parser options{
        "tour", "Fetches the same slow pages on every rung, and measures each."};
    options.number("--pages", &o.work.pages, "pages in the list", {1, 10'000});
    options.duration("--delay", &o.work.delay, "how late each page is",
                     {.least = {}, .most = std::chrono::minutes{1}, .bare = "ms"});
    options.number("--in-flight", &o.work.in_flight, "pages at the same time",
                   {1, 10'000});
    options.number("--runs", &o.work.runs,
                   "of every rung but the loop; the median counts", {1, 99});
    options.number("--processes", &o.work.processes, "worker processes of the fetcher",
                   {1, 64});
    std::string output = o.output, picture, rungs = o.rungs;
    options.text("-o,--output", &output, "for the pictures and the figures").value("DIR");
    options.text("--picture", &picture, "only compare serial with fibers, in this file")
        .value("FILE");
    options.text("--rungs", &rungs, "the rungs and their commands, one a line")
        .value("FILE")
        .check([](const std::string& file) {
            return fs::exists(file) ? "" : "there is no file '" + file + "'";
        });
    options.flag("--no-color", &o.no_color, "also: NO_COLOR=1");
    options.flag("--machine", &machine, "only describe this machine");
    options.footer(
        "Status: 0 every rung fetched every page, 1 one did not, 2 wrong usage.");
    if (const auto ended = options.parse(argc, argv)) {
        status = *ended;
        return {};
    }
    if (machine) {
        fmt::print("{}\n", this_machine().described());
        return {};
    }
    o.output = output;
    o.picture = picture;
    o.rungs = rungs;
    return o;
}

std::vector<entry> chosen_rungs(const options& o) {
    auto rungs = read_entries(o.rungs);
    if (!o.picture.empty())
        std::erase_if(rungs, [](const entry& one) {
            return one.name() != slow_rung && one.name() != fast_rung;
        });
    return rungs;
}

const outcome* find(const std::vector<outcome>& outcomes, std::string_view name) {
    const auto at = std::ranges::find_if(outcomes, [&](const outcome& one) {
        return one.rung.name() == name && one.failure.empty();
    });
    return at == outcomes.end() ? nullptr : &*at;
}

std::vector<outcome> run_all(const options& o, const table& out) {
    const race pages{o.work};
    std::vector<outcome> outcomes;
    fmt::print("{} pages, each {} ms late; at most {} in flight\n\n", o.work.pages,
               o.work.delay.count(), o.work.in_flight);
    out.print_head();
    for (const entry& next : chosen_rungs(o)) {
        out.print_name(next);
        const std::size_t runs = next.name() == slow_rung ? 1 : o.work.runs;
        outcomes.push_back(pages.run_in_the_middle(next, runs, interrupted));
        if (interrupted) break;
        out.print_figures(outcomes.back(), outcomes.front());
    }
    return outcomes;
}

/// The page of a rung's lesson: as the documentation has it, if that was built.
/// "10_asio_callbacks" is a rung of the lesson 10_asio.
std::string lesson_of(const std::string& rung, const fs::path& from) {
    for (const auto& lesson : fs::directory_iterator{LADDER_TOUR_LESSONS}) {
        const std::string name = lesson.path().filename();
        if (!rung.starts_with(name)) continue;
        const fs::path page = fs::path{LADDER_TOUR_PAGES} / ("rung_" + name + ".html");
        return fs::proximate(fs::exists(page) ? page : lesson.path() / "README.md", from);
    }
    return {};
}

void write_results(const options& o, const std::vector<outcome>& outcomes) {
    write_pictures(outcomes, o.output);
    write_file(o.output / "tour.json", json(o.work, outcomes));
    const outcome* const slow = find(outcomes, slow_rung);
    const outcome* const fast = find(outcomes, fast_rung);
    std::string picture;
    if (slow != nullptr && fast != nullptr) {
        picture = draw_comparison(o.work, *slow, *fast);
        write_file(o.output / "comparison.svg", picture);
        if (!o.picture.empty()) write_file(o.picture, picture);
    } else if (!o.picture.empty()) {
        throw std::runtime_error{
            fmt::format("no picture without {} and {}", slow_rung, fast_rung)};
    }
    write_file(o.output / "tour.html",
               html(o.work, outcomes, conclusions(outcomes), picture,
                    [&](const std::string& rung) { return lesson_of(rung, o.output); }));
}

/// As it is short: from here, if it is below.
std::string shown(const fs::path& path) {
    const std::string near = fs::proximate(path);
    return near.starts_with("..") ? fs::absolute(path).string() : near;
}

void print_conclusions(const std::vector<outcome>& outcomes, look how) {
    int number = 0;
    for (const std::string& sentence : conclusions(outcomes))
        fmt::print("{}{}. {}\n", ++number == 1 ? "\n" : "", number,
                   how.wrap(sentence, 3));
}

int run(const options& o) {
    look how = look::now();
    if (o.no_color) how.color = false;
    const auto outcomes = run_all(o, table{how});
    if (interrupted) {
        fmt::print(stderr, "\ntour: interrupted\n");
        return 130;
    }
    if (o.work.runs > 1)
        fmt::print(
            "\nThe loop ran once, every other rung {} times; shown is the run in the "
            "middle.\n",
            o.work.runs);
    fmt::print("\n{}", draw_terminal(outcomes, how));
    print_conclusions(outcomes, how);
    write_results(o, outcomes);
    fmt::print("\nAs a page, with pictures: {}\nNext: ./learn run 01\n",
               shown(o.output / "tour.html"));
    const bool good = std::ranges::all_of(
        outcomes, [](const outcome& one) { return one.failure.empty(); });
    return good ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    int status = 2;
    try {
        int ended = 0;
        const auto o = parse_command_line(argc, argv, ended);
        if (!o) return ended;
        // a folder or a file that cannot be used is wrong usage
        fs::create_directories(o->output);
        if (!o->picture.empty()) write_file(o->picture, "");
        take_signals();
        status = 1;
        return run(*o);
    } catch (const std::exception& error) {
        fmt::print(stderr, "tour: {}\n", error.what());
        return status;
    }
}
