#include "test_runs.hpp"

#include "foreground.hpp"
#include "sanitizers.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/temporary.hpp"
#include "workbench/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <vector>

#include <unistd.h>

namespace ladder::learn {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 24h;            // each test has a limit of its own
constexpr std::size_t tests_per_core = 6; // they wait most of the time

/// The value of an attribute of this line of XML; empty: it has none.
std::string_view attribute(std::string_view line, std::string_view name) {
    const std::string begin = fmt::format(" {}=\"", name);
    const auto at = line.find(begin);
    if (at == line.npos) return {};
    line.remove_prefix(at + begin.size());
    return line.substr(0, line.find('"'));
}

bool mentions(const fs::path& folder, std::string_view word) {
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        if (entry.path().filename().string().find(word) != std::string::npos) return true;
        if (!entry.is_regular_file()) continue;
        std::ifstream in{entry.path(), std::ios::binary};
        std::ostringstream text;
        text << in.rdbuf();
        if (text.view().find(word) != std::string_view::npos) return true;
    }
    return false;
}

/// Shows at a terminal which test of how many has ended: " 12/345 Test  #7: …".
class test_progress {
public:
    explicit test_progress(std::string what) : what_(std::move(what)) {
        fmt::print(stderr, "{} … ", what_);
    }

    void operator()(std::string_view output) {
        if (::isatty(STDERR_FILENO) == 0) return;
        line_ += output;
        for (std::size_t end; (end = line_.find('\n')) != line_.npos;
             line_.erase(0, end + 1)) {
            const auto count = line_.find_first_not_of(' ');
            const auto slash = line_.find('/'), test = line_.find(" Test ");
            if (slash < test && test < end && count < slash)
                fmt::print(stderr, "\r\x1b[K{} … {} ", what_,
                           std::string_view{line_}.substr(count, test - count));
        }
    }

    void end(const std::string& how) const {
        if (::isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\x1b[K{} … ", what_);
        fmt::print(stderr, "{}\n", how);
    }

private:
    std::string what_, line_;
};

/// That all tests of a preset passed, and when: a file beside what was built. It holds as
/// long as nothing in the course has changed since, nor in what the system has installed.
class all_passed {
public:
    all_passed(const fs::path& folder, const fs::path& root)
        : file_(folder / "all_passed"),
          root_(root) {}

    /// None when there is something to test.
    std::optional<test_counts> counts() const {
        std::error_code none;
        const auto when = fs::last_write_time(file_, none);
        test_counts counts;
        std::ifstream in{file_};
        if (none || !(in >> counts.passed >> counts.skipped) || has_changed_since(when))
            return {};
        return counts;
    }

    void forget() const { fs::remove(file_); }

    /// `when` is before they were built: what was changed meanwhile was not tested.
    void remember(const test_counts& counts, fs::file_time_type when) const {
        std::ofstream{file_} << fmt::format("{} {}\n", counts.passed, counts.skipped);
        std::error_code none; // without the file they run again
        fs::last_write_time(file_, when, none);
    }

private:
    bool has_changed_since(fs::file_time_type when) const {
        const auto is_newer = [when](const fs::path& file) {
            std::error_code error; // then it is no reason, such as a link to nowhere
            const auto changed = fs::last_write_time(file, error);
            return !error && changed > when;
        };
        if (is_newer("/var/lib/dpkg/status")) return true;
        for (auto at = fs::recursive_directory_iterator{root_}; at != fs::end(at); ++at) {
            const std::string name = at->path().filename();
            if (at.depth() == 0 && (name.starts_with("build") || name.starts_with('.')))
                at.disable_recursion_pending();
            else if (is_newer(at->path()))
                return true;
        }
        return false;
    }

    fs::path file_, root_;
};

class test_runs {
public:
    test_runs(const course& c, program_runner& runner, bool again)
        : course_(c),
          runner_(runner),
          again_(again) {}

    /// False when that does not compile, which counts as one failure.
    bool build(const std::string& preset, const std::string& what,
               const std::string& target) {
        try {
            script{course_.root()}.build(preset, what, {target});
            return true;
        } catch (const silent_failure& failure) {
            if (failure.status > 128) throw; // Ctrl-C
            ++total.failed;
            return false;
        }
    }

    bool run(const std::string& preset, const std::vector<std::string>& prefix = {},
             const std::string& filter = {}) {
        const auto now = fs::file_time_type::clock::now();
        if (!build(preset, fmt::format("building the tests ({})", preset), "all"))
            return false;
        const fs::path built =
            course_.root() / (preset == "dev" ? "build" : "build-" + preset);
        const all_passed before{built, course_.root()};
        const bool may_skip = filter.empty() && !again_;
        if (const auto counts = may_skip ? before.counts() : std::nullopt) {
            fmt::print(stderr,
                       "the tests ({}): all passed, and nothing has changed since; "
                       "run them again with --again\n",
                       preset);
            total.passed += counts->passed;
            total.skipped += counts->skipped;
            return true;
        }
        if (filter.empty()) before.forget();
        const temporary_folder folder;
        const std::string report = folder / "junit.xml";
        std::vector<std::string> argv = prefix;
        argv.insert(argv.end(), {"ctest", "--test-dir", built, "--output-on-failure",
                                 "--no-tests=error", "--output-junit", report, "-j",
                                 std::to_string(tests_per_core * usable_cores())});
        if (!filter.empty()) argv.insert(argv.end(), {"-R", filter});
        test_progress progress{fmt::format("running the tests ({})", preset)};
        const auto begin = std::chrono::steady_clock::now();
        const program_result ran = runner_.run(
            argv,
            {.limit = patience, .on_output = std::ref(progress), .cleans_up = true});
        const auto seconds = std::chrono::round<std::chrono::seconds>(
            std::chrono::steady_clock::now() - begin);
        progress.end(ran.cancelled   ? "stopped"
                     : ran.success() ? fmt::format("{} s", seconds.count())
                                     : "failed");
        if (ran.cancelled) return false;
        if (!ran.success()) fmt::print(stderr, "{}", what_went_wrong(ran.output));
        std::ifstream in{report};
        const test_counts counts = count_junit(in);
        if (!filter.empty() && counts == test_counts{} &&
            ran.output.find("No tests were found") != std::string::npos)
            throw usage_error{fmt::format("no test matches '{}'", filter)};
        total.passed += counts.passed;
        total.failed += counts.failed;
        total.skipped += counts.skipped;
        if (!ran.success() && counts.failed == 0) ++total.failed; // ctest broke off
        if (ran.success() && filter.empty()) before.remember(counts, now);
        return true;
    }

    /// What goes in front of the tests with a sanitizer.
    std::vector<std::string> sanitizer_prefix() {
        auto prefix = fixed_addresses();
        if (prefix.empty()) return prefix;
        auto trial = prefix;
        trial.emplace_back("true");
        try {
            if (runner_.run(trial).success()) return prefix;
        } catch (const std::system_error&) { // there is no setarch
        }
        fmt::print(stderr, "setarch -R is not allowed here: a sanitizer may not start. "
                           "See: ./learn doctor\n");
        return {};
    }

    test_counts total;

private:
    const course& course_;
    program_runner& runner_;
    bool again_;
};

} // namespace

std::string what_went_wrong(std::string_view said) {
    std::string rest;
    while (!said.empty()) {
        const auto line = next_line(said);
        const auto has = [line](std::string_view text) { return line.find(text); };
        const bool begins = line.starts_with("    ") && has("Start ") < has(": ");
        const bool ended = has("/") < has(" Test ") && has(" Test ") < has(": ");
        const bool was_well =
            ended && (has("   Passed ") != line.npos || has("***Skipped ") != line.npos);
        if (!begins && !was_well) rest += line;
    }
    return rest;
}

test_counts count_junit(std::istream& report) {
    test_counts counts;
    for (std::string line; std::getline(report, line);) {
        const std::string_view text{line};
        if (text.starts_with("\t<testcase ")) {
            const auto at = text.rfind(" status="); // a name may hold anything
            const auto status =
                attribute(text.substr(std::min(at, text.size())), "status");
            if (status == "run") ++counts.passed;
            if (status == "fail") ++counts.failed;
            if (status == "disabled") ++counts.skipped;
        } else if (text.starts_with("\t\t<skipped ")) {
            // By SKIP_RETURN_CODE and the like; or its program or a fixture is not there.
            if (attribute(text, "message").starts_with("SKIP_"))
                ++counts.skipped;
            else
                ++counts.failed;
        }
    }
    return counts;
}

bool may_match_a_test(const std::string& filter, const course& c) {
    // A plain word must be somewhere in the tests or in what defines them.
    const auto plain = [](unsigned char letter) {
        return std::isalnum(letter) != 0 || letter == '_';
    };
    if (!std::ranges::all_of(filter, plain)) return true;
    for (const char* folder : {"tests", "cmake", "lessons", "exercises", "docs"})
        if (fs::exists(c.root() / folder) && mentions(c.root() / folder, filter))
            return true;
    return false;
}

int run_tests(const std::string& filter, bool quick, bool again, const course& c,
              program_runner& runner) {
    if (!filter.empty() && !may_match_a_test(filter, c))
        throw usage_error{fmt::format("no test matches '{}'", filter)};
    script{c.root()}.require("test");
    test_runs tests{c, runner, again};
    if (!filter.empty()) {
        tests.run("dev", {}, filter);
    } else if (quick) { // what is compiled the fastest, and finds the most
        tests.run("asan", tests.sanitizer_prefix());
    } else if (tests.run("dev") && !runner.cancelled()) {
        const auto prefix = tests.sanitizer_prefix();
        for (const char* preset : {"asan", "tsan"})
            if (!runner.cancelled()) tests.run(preset, prefix);
        if (!runner.cancelled() &&
            tests.build("dev", "building the documentation", "docs"))
            ++tests.total.passed;
    }
    if (runner.cancelled()) return 1;
    const test_counts& total = tests.total;
    fmt::print("{} passed, {} failed{}\n", total.passed, total.failed,
               total.skipped == 0 ? "" : fmt::format(", {} skipped", total.skipped));
    return total.failed == 0 ? 0 : 1;
}

} // namespace ladder::learn
