#include "checker.hpp"

#include "ninja_progress.hpp"
#include "pattern.hpp"
#include "sanitizers.hpp"
#include "test_events.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>

namespace ladder::learn {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

/// For one check; the test's own watchdog. LADDER_WATCHDOG says another one.
constexpr const char* patience_in_seconds = "10";

std::string last_lines(const std::string& text, std::size_t count) {
    if (text.empty()) return text;
    std::size_t at = text.size();
    for (std::size_t i = 0; i <= count && at != text.npos && at > 0; ++i)
        at = text.rfind('\n', at - 1);
    return text.substr(at == text.npos ? 0 : at + 1);
}

/// What one takes to compile here, with a sanitizer, on one core.
constexpr double seconds_per_file = 6;

constexpr std::size_t printed_lines = 10; // as many of an answer's own are shown

/// What the answer itself wrote: not the watchdog, and not a sanitizer.
std::vector<std::string> printed(std::string_view output) {
    for (const std::string_view report : {"\nHANG  ", "\nCRASH\n", "\n=========="})
        output = output.substr(0, output.find(report));
    std::vector<std::string> lines;
    std::istringstream in{last_lines(std::string{output}, printed_lines)};
    for (std::string line; std::getline(in, line);)
        if (!line.empty()) lines.push_back(line);
    return lines;
}

std::string full_name(const std::string& preset) {
    return preset == "tsan" ? "ThreadSanitizer"
                            : "AddressSanitizer and UndefinedBehaviorSanitizer";
}

} // namespace

places checker::places_of(const exercise& e) const {
    return {.root = course_.root(), .yours = e.folder, .tests = e.tests};
}

verdict checker::check(const exercise& e, bool sanitized) {
    verdict v;
    const tree everyday{"dev", course_.root() / "build"};
    if (!build(e, everyday, e.target(), v) || !find_forbidden(e, v) ||
        !run(e, everyday, e.target(), v))
        return v;
    if (e.orders > 0 && !in_every_order(e, everyday, v)) return v;
    const std::vector<std::string> steps = v.steps;
    std::vector<tree> trees;
    if (sanitized && std::ranges::count(e.sanitizers, "thread") > 0)
        trees.push_back({"tsan", course_.root() / "build-tsan"});
    if (sanitized && (std::ranges::count(e.sanitizers, "address") > 0 ||
                      std::ranges::count(e.sanitizers, "undefined") > 0))
        trees.push_back({"asan", course_.root() / "build-asan"});
    for (const tree& t : trees) {
        v.under = full_name(t.preset);
        on_phase("again under " + v.under);
        v.steps.clear();
        v.result = verdict::outcome::failed;
        if (!build(e, t, e.target(), v) || !run(e, t, e.target(), v)) return v;
        v.also.push_back("clean under " + full_name(t.preset));
    }
    v.steps = steps;
    return v;
}

bool checker::in_every_order(const exercise& e, const tree& in, verdict& v) {
    on_phase("again in every order of its threads");
    v.result = verdict::outcome::failed;
    if (!build(e, in, e.orders_target(), v) || !run(e, in, e.orders_target(), v)) {
        if (v.is_step) v.why.push_back("./learn replay " + e.name + " plays that order");
        return false;
    }
    v.also.push_back(
        fmt::format("every order of its threads with up to {} interruptions", e.orders));
    return true;
}

bool checker::build(const exercise& e, const tree& in, const std::string& target,
                    verdict& v) {
    for (const std::string& name : e.edit)
        if (!fs::exists(e.folder / name)) {
            v.failed = fmt::format("{} is gone", shown(e.folder / name, course_.root()));
            v.next = "./learn reset " + e.name;
            return false;
        }
    const std::vector<std::string> prefix = fixed_addresses();
    const auto command = [&](std::vector<std::string> words) {
        words.insert(words.begin(), prefix.begin(), prefix.end());
        return words;
    };
    program_result built;
    if (!fs::exists(in.folder / "build.ninja")) {
        on_phase("preparing that, once");
        built = runner_.run(
            command({"cmake", "-S", course_.root().string(), "--preset", in.preset}));
        v.raw += built.output;
    }
    if (fs::exists(in.folder / "build.ninja")) {
        const auto ninja =
            command({"cmake", "--build", in.folder.string(), "--target", target});
        if (!fs::exists(in.folder / "tests" / target)) announce(ninja);
        ninja_progress progress{on_progress};
        // A compiler that a signal ends just as it begins leaves a file.
        const temporary_folder temporary;
        built = runner_.run(ninja, {.on_output = std::ref(progress),
                                    .cleans_up = true,
                                    .temporary_files = temporary.path()});
        on_progress("");
    }
    v.raw += built.output;
    if (built.cancelled) v.result = verdict::outcome::cancelled;
    remember_warnings(e, in, target, built.output, v);
    if (built.success()) return true;
    v.details = first_error(built.output, places_of(e));
    v.failed = "it does not compile";
    if (v.details.empty()) {
        v.failed = "it cannot be built";
        add_lines(v.details, last_lines(v.raw, 12), "", "");
        v.why.emplace_back("not your answer, but the tools: ./learn doctor");
    }
    return false;
}

void checker::announce(std::vector<std::string> ninja) {
    ninja.insert(ninja.end(), {"--", "-n"});
    const auto planned = runner_.run(ninja);
    const auto files = ninja_progress::steps(planned.output);
    const auto minutes =
        files * seconds_per_file / static_cast<double>(usable_cores()) / 60;
    if (minutes >= 0.5)
        on_phase(fmt::format("building {} files for that, once: about {:.0f} minute{}",
                             files, std::ceil(minutes), minutes > 1 ? "s" : ""));
}

void checker::remember_warnings(const exercise& e, const tree& in,
                                const std::string& target, const std::string& output,
                                verdict& v) const {
    // A file that is compiled again says again what it has to say; one that is not, not.
    const fs::path file = in.folder / "tests" / (target + ".warnings");
    if (output.find("ninja: no work to do") == output.npos) {
        const auto found = warnings(output, places_of(e));
        std::error_code ignored;
        fs::create_directories(file.parent_path(), ignored);
        std::ofstream out{file};
        for (const std::string& line : found)
            out << line << '\n';
    }
    std::ifstream in_file{file};
    v.warnings.clear();
    for (std::string line; std::getline(in_file, line);)
        v.warnings.push_back(line);
}

bool checker::find_forbidden(const exercise& e, verdict& v) {
    for (const std::string& name : e.edit) {
        const std::string text = code_only(read_file(e.folder / name));
        for (const forbidden_pattern& f : e.forbidden) {
            const auto found = pattern{f.pattern}.search(text);
            if (!found) continue;
            const auto line = 1 + std::ranges::count(text.substr(0, found->at), '\n');
            v.failed = fmt::format("{}:{} has '{}'", name, line, (*found)[0]);
            v.why.push_back(f.why);
            return false;
        }
    }
    return true;
}

bool checker::run(const exercise& e, const tree& in, const std::string& target,
                  verdict& v) {
    const temporary_file events;
    const fs::path test = in.folder / "tests" / target;
    std::vector<std::string> argv;
    if (in.preset != "dev") argv = fixed_addresses();
    const char* patience = std::getenv("LADDER_WATCHDOG");
    argv.insert(argv.end(),
                {"env",
                 fmt::format("LADDER_WATCHDOG={}",
                             patience != nullptr ? patience : patience_in_seconds),
                 test.string(), "--order", "decl", "--abort", "--reporter",
                 "learn::out=" + events.path()});
    const program_result ran = runner_.run(argv, {.limit = 2min});
    v.raw += ran.output;
    if (ran.cancelled) {
        v.result = verdict::outcome::cancelled;
        return false;
    }
    const auto [open, ended] = read_events(events.path(), course_.root(), v);

    const auto resolve = [&](const std::string& address) {
        // The address is where the call returns to; one byte before is the call.
        const auto at = std::stoull(address, nullptr, 16) - 1;
        const auto found = runner_.run(
            {"addr2line", "-i", "-e", test.string(), fmt::format("{:#x}", at)});
        std::vector<std::string> lines;
        std::istringstream in_lines{found.output};
        for (std::string line; std::getline(in_lines, line);)
            lines.push_back(line.substr(0, line.find(" (")));
        return lines;
    };
    const auto interrupted = [&, &open = open] { // the check that was going on
        if (v.failed.empty()) v.failed = open.empty() ? "after the last check" : open;
        v.is_step = true;
    };
    v.printed = printed(ran.output);
    const auto hang = hang_report(ran.output, places_of(e), resolve);
    const auto report = sanitizer_report(ran.output, places_of(e));
    // Of the two that which came first: the watchdog's own doing may be reported, too.
    const bool hang_first =
        hang && ran.output.find("\nHANG  ") < ran.output.find("Sanitizer: ");
    if (report && !hang_first) {
        interrupted();
        v.details.insert(v.details.begin(), report->begin() + 1, report->end());
        v.why.insert(v.why.begin(), report->front());
    } else if (hang) {
        interrupted();
        v.details.insert(v.details.end(), hang->begin() + 1, hang->end());
        v.why.push_back(hang->front());
    } else if (ran.timed_out) {
        interrupted();
        v.why.emplace_back("the test took longer than two minutes and was stopped");
    } else if (ran.left_processes && v.failed.empty()) {
        v.failed = "after the last check, processes still run";
        v.why.emplace_back("every process that is started must be waited for");
    } else if (!ended && ran.status && !ran.status->signalled() && v.failed.empty()) {
        interrupted();
        v.why.push_back(fmt::format("your program ended itself, status {}, in check {}",
                                    ran.status->code(), v.steps.size() + 1));
    } else if (!ran.success() && v.failed.empty()) {
        interrupted();
        v.why.push_back(fmt::format("the test itself ended here: {}",
                                    processes::describe(*ran.status)));
        add_lines(v.details, last_lines(ran.output, 6), "", "");
    } else if (v.steps.empty() && v.failed.empty()) {
        v.failed = "no check ran";
        v.why.push_back("see " + shown(e.tests / "test.cpp", course_.root()));
    }
    if (ran.status && ran.status->signalled())
        if (const auto place = crash_place(ran.output, places_of(e), resolve);
            !place.empty())
            v.details.push_back("it ended at " + place);
    if (!v.failed.empty()) return false;
    v.result = verdict::outcome::passed;
    return true;
}

} // namespace ladder::learn
