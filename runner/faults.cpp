#include "faults.hpp"

#include "desk.hpp"
#include "pattern.hpp"
#include "predict.hpp"
#include "reports.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <sstream>
#include <string_view>

namespace ladder::learn {

namespace fs = std::filesystem;

namespace {

/// A long name may be in several literals, one beside the other.
bool has_check(const std::string& test, const std::string& name) {
    static const pattern seam{R"("\s+"|(?<=[A-Z]\()\s+)"};
    const std::string text = seam.erase_from(test);
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

/// promises.md has an item for each of the README's, in the same order and beginning as
/// it begins; beneath, the checks that hold the task to it.
void look_at_promises(const std::string& page, const std::string& promises,
                      const std::string& tests,
                      const std::function<void(const std::string&)>& wrong) {
    static constexpr std::string_view item = "- ", check = "  - ", and_more = " …";
    std::istringstream lines{promises};
    std::vector<std::string> kept;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(check)) {
            if (!has_check(tests, line.substr(check.size())))
                wrong(fmt::format("there is no check '{}'", line.substr(check.size())));
        } else if (line.starts_with(item) && line.ends_with(and_more)) {
            kept.push_back(line.substr(0, line.size() - and_more.size()));
        }
    }
    std::istringstream readme{page_section(page, "What the tests verify")};
    std::size_t at = 0;
    for (std::string line; std::getline(readme, line);) {
        if (!line.starts_with(item)) continue;
        if (at == kept.size() || !line.starts_with(kept[at]))
            return wrong(fmt::format("has no item for '{}'", line));
        ++at;
    }
    if (at < kept.size()) wrong(fmt::format("the README does not say '{}'", kept[at]));
}

void look_at_wrong_answers(
    const exercise& e, const std::string& test,
    const std::function<void(const fs::path&, const std::string&)>& wrong) {
    static const pattern caught{
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
        if (!caught.matches(reason))
            wrong(patch, "the second line must be 'caught-by: CHECK'");
        // There may be several.
        for (; const auto match = caught.matches(reason); std::getline(lines, reason)) {
            const std::string &by = (*match)[1], &check = (*match)[3];
            if (!has_check((*match)[2].empty() ? test : orders, check))
                wrong(patch, fmt::format("the test has no check '{}'", check));
            const std::string tool = by == "Thread" ? "thread" : "address";
            if (!by.empty() && std::ranges::count(e.sanitizers, tool) == 0)
                wrong(patch, fmt::format("exercise.json does not ask for \"{}\"", tool));
        }
    }
}

} // namespace

std::vector<fs::path> patches_of(const exercise& e, std::string_view kind) {
    std::vector<fs::path> result;
    std::error_code none;
    for (const auto& file : fs::directory_iterator{e.tests / kind, none})
        if (file.path().extension() == ".patch") result.push_back(file.path());
    std::ranges::sort(result);
    return result;
}

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
    read(e.solution / "WHY.md");
    const std::string test = read(e.tests / "test.cpp");
    if ((e.orders > 0) != fs::exists(e.tests / "orders.cpp"))
        wrong(description, "\"orders\" and orders.cpp belong together");
    if (!has_check(test, e.fails_with))
        wrong(e.tests / "test.cpp", fmt::format("has no check '{}'", e.fails_with));
    look_at_hints(read(e.folder / "hints.md"),
                  [&](const std::string& what) { wrong(e.folder / "hints.md", what); });
    look_at_promises(
        read(e.folder / "README.md"), read(e.tests / "promises.md"),
        e.orders > 0 ? test + read(e.tests / "orders.cpp") : test,
        [&](const std::string& what) { wrong(e.tests / "promises.md", what); });
    look_at_wrong_answers(e, test, wrong);
    for (const fs::path& patch : patches_of(e, "right"))
        if (read(patch).starts_with("---"))
            wrong(patch, "the first line must say how it is built");

    for (const std::string& name : e.edit)
        for (const forbidden_pattern& f : e.forbidden)
            if (pattern{f.pattern}.search(code_only(read(e.solution / name))))
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
    const auto asked = read_prediction(r, c);
    if (!asked)
        wrong(r.folder / "predict.json", "is missing");
    else if (asked->question.empty() || asked->explanation.empty())
        wrong(readme, "'Predict' needs a question and a folded answer");
    return result;
}

} // namespace ladder::learn
