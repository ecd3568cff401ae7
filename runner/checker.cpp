#include "checker.hpp"

#include "pattern.hpp"
#include "sanitizers.hpp"
#include "workbench/temporary.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

namespace ladder::learn {

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

/// For one check; the test's own watchdog. LADDER_WATCHDOG says another one.
constexpr const char* patience_in_seconds = "10";

/// `CHECK( x == 2 )`, as what was expected: "x == 2".
std::string expectation(std::string_view macro) {
    const auto open = macro.find('('), close = macro.rfind(')');
    if (open == macro.npos || close == macro.npos) return std::string{macro};
    std::string_view inner = macro.substr(open + 1, close - open - 1);
    while (inner.starts_with(' '))
        inner.remove_prefix(1);
    while (inner.ends_with(' '))
        inner.remove_suffix(1);
    const std::string_view name = macro.substr(0, open);
    if (name.ends_with("_NOTHROW")) return fmt::format("no exception from {}", inner);
    if (name.find("_THROWS") != name.npos) return fmt::format("an exception: {}", inner);
    if (name.ends_with("_FALSE")) return fmt::format("not {}", inner);
    return std::string{inner};
}

void add_lines(std::vector<std::string>& to, const std::string& text,
               const std::string& first, const std::string& others) {
    std::istringstream lines{text};
    const std::string* before = &first;
    for (std::string line; std::getline(lines, line); before = &others)
        to.push_back(*before + line);
}

struct reported {
    std::string open;   ///< The check that had begun and did not end.
    bool ended = false; ///< The test came to its end.
};

/// Takes in what the test reported, line by line (tests/support/learn_reporter.cpp).
reported read_events(const fs::path& file, const fs::path& root, verdict& v) {
    reported result;
    std::string &open = result.open, left;
    std::ifstream lines{file};
    for (std::string line; std::getline(lines, line);) {
        boost::system::error_code error;
        const json::value event = json::parse(line, error);
        if (error) break; // the last line, cut off when the test was killed
        const json::object& e = event.as_object();
        if (const auto* begun = e.if_contains("begin")) {
            open = begun->as_string();
        } else if (const auto* macro = e.if_contains("failed")) {
            if (!v.failed.empty()) continue; // the first one says enough
            v.failed = open;
            const std::string wanted = expectation(macro->as_string());
            if (!wanted.empty()) add_lines(v.details, wanted, "expected  ", "          ");
            if (const auto* found = e.if_contains("found"))
                if (found->as_string() != wanted)
                    add_lines(v.details, std::string{found->as_string()}, "found     ",
                              "          ");
            std::string last = " ";
            for (const json::value& note : e.at("notes").as_array()) {
                const std::string text{note.as_string()};
                if (text.starts_with("why: "))
                    v.why.push_back(text.substr(5));
                else if (!std::exchange(last, text).starts_with(text))
                    add_lines(v.details, text, "", "");
            }
            v.details.push_back(fmt::format(
                "checked in {}:{}", shown(std::string{e.at("file").as_string()}, root),
                e.at("line").as_int64()));
        } else if (e.contains("end")) {
            left = e.at("left").as_string();
            if (v.failed.empty() && !left.empty()) {
                v.failed = open;
                v.details.push_back("left behind: " + left);
                v.why.emplace_back("all that a check starts or opens must be gone when "
                                   "it ends");
            }
            if (v.failed.empty()) v.steps.push_back(open);
            open.clear();
        } else if (e.contains("ended")) {
            result.ended = true;
        }
    }
    v.is_step = !v.failed.empty();
    return result;
}

std::string last_lines(const std::string& text, std::size_t count) {
    std::size_t at = text.size();
    for (std::size_t i = 0; i <= count && at != text.npos && at > 0; ++i)
        at = text.rfind('\n', at - 1);
    return text.substr(at == text.npos ? 0 : at + 1);
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
            v.why.push_back(fmt::format("./learn reset {} brings it back", e.name));
            return false;
        }
    const std::vector<std::string> prefix = fixed_addresses();
    const auto command = [&](std::vector<std::string> words) {
        words.insert(words.begin(), prefix.begin(), prefix.end());
        return words;
    };
    program_result built;
    if (!fs::exists(in.folder / "build.ninja")) {
        on_phase(fmt::format("preparing that, once; it takes a minute or two"));
        const auto configured = runner_.run(
            command({"cmake", "-S", course_.root().string(), "--preset", in.preset}));
        v.raw += configured.output;
        built = configured;
    }
    if (fs::exists(in.folder / "build.ninja"))
        built = runner_.run(
            command({"cmake", "--build", in.folder.string(), "--target", target}));
    v.raw += built.output;
    if (built.cancelled) v.result = verdict::outcome::cancelled;
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
    if (auto report = sanitizer_report(ran.output, places_of(e))) {
        interrupted();
        v.details.insert(v.details.begin(), report->begin() + 1, report->end());
        v.why.insert(v.why.begin(), report->front());
    } else if (auto hang = hang_report(ran.output, places_of(e), resolve)) {
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
    if (!v.failed.empty()) return false;
    v.result = verdict::outcome::passed;
    return true;
}

} // namespace ladder::learn
