#include "progress.hpp"

#include "course.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <ctime>
#include <sstream>
#include <utility>

namespace ladder::learn {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view heading =
    "# The Concurrency Ladder: how far you are. ./learn writes it; take it with you.";

} // namespace

fs::path progress::default_file(const fs::path& root) {
    const char* chosen = std::getenv("LADDER_PROGRESS");
    return chosen != nullptr && *chosen != '\0' ? fs::path{chosen}
                                                : root / ".learn" / "progress";
}

progress::progress(fs::path file) : file_(std::move(file)) {
    std::error_code error;
    const auto status = fs::status(file_, error);
    if (status.type() == fs::file_type::not_found) return;
    std::istringstream lines{read_file(file_)};
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line == heading) continue;
        std::istringstream words{line};
        std::string kind, name, fact, value;
        words >> kind >> name >> fact >> value;
        if (kind == "exercise" && fact == "passed" && !value.empty()) {
            attempts_[name].passed = value;
        } else if (kind == "exercise" && fact == "hints") {
            int& hints = attempts_[name].hints;
            std::from_chars(value.data(), value.data() + value.size(), hints);
        } else if (kind == "exercise" && fact == "gave-up") {
            attempts_[name].gave_up = true;
        } else if (kind == "exercise" && fact == "begun") {
            attempts_[name].begun = true;
        } else if (kind == "lesson" && fact == "predicted") {
            predicted_.insert(name);
        } else {
            others_.push_back(line);
        }
    }
}

const attempt& progress::of(const std::string& exercise) const {
    static const attempt none;
    const auto found = attempts_.find(exercise);
    return found == attempts_.end() ? none : found->second;
}

void progress::set(const std::string& exercise, const attempt& now) {
    if (of(exercise) == now) return;
    attempts_[exercise] = now;
    save();
}

void progress::set_predicted(const std::string& lesson) {
    if (predicted_.insert(lesson).second) save();
}

void progress::save() const {
    std::string text = fmt::format("{}\n", heading);
    const auto add = [&](const auto&... words) {
        std::string line;
        ((line += fmt::format("{}{}", line.empty() ? "" : " ", words)), ...);
        text += line + "\n";
    };
    for (const auto& [name, a] : attempts_) {
        if (a.begun) add("exercise", name, "begun");
        if (!a.passed.empty()) add("exercise", name, "passed", a.passed);
        if (a.hints > 0) add("exercise", name, "hints", a.hints);
        if (a.gave_up) add("exercise", name, "gave-up");
    }
    for (const std::string& name : predicted_)
        add("lesson", name, "predicted");
    for (const std::string& line : others_)
        add(line);
    std::error_code error;
    fs::create_directories(file_.parent_path(), error); // replace_file says what is wrong
    replace_file(file_, text);
}

std::string today() {
    return fmt::format("{:%Y-%m-%d}", fmt::localtime(std::time(nullptr)));
}

} // namespace ladder::learn
