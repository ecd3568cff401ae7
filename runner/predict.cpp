#include "predict.hpp"

#include "desk.hpp"
#include "foreground.hpp"
#include "pattern.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iostream>

namespace ladder::learn {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

void erase_all(std::string& text, std::string_view what) {
    for (auto at = text.find(what); at != text.npos; at = text.find(what))
        text.erase(at, what.size());
}

/// Without the marks that only the page's tools need.
std::string plain(std::string text) {
    text = pattern{"<!--.*?-->\n?"}.erase_from(text);
    for (const std::string_view tag :
         {"<details>", "</details>", "<summary>Answer</summary>"})
        erase_all(text, tag);
    while (text.starts_with('\n') || text.starts_with(' '))
        text.erase(0, 1);
    while (text.ends_with('\n') || text.ends_with(' '))
        text.pop_back();
    return text;
}

} // namespace

std::string prediction::line_of(const std::string& output) const {
    const auto found = pattern{find}.search(output);
    if (!found) return {};
    const auto begin = output.rfind('\n', found->at) + 1; // npos + 1 is 0
    const auto end = std::min(output.find('\n', found->at), output.size());
    std::string line = output.substr(begin, end - begin);
    line.erase(0, line.find_first_not_of(' '));
    return line;
}

std::string prediction::measured(const std::string& output) const {
    const auto found = pattern{find}.search(output);
    return found && found->groups.size() > 1 ? (*found)[1] : std::string{};
}

std::optional<std::size_t> prediction::right(const std::string& measured) const {
    std::optional<std::size_t> found;
    double number = 0;
    const bool is_number =
        std::from_chars(measured.data(), measured.data() + measured.size(), number).ec ==
        std::errc{};
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const choice& c = choices[i];
        const bool fits = c.is.empty() ? is_number && c.from <= number && number < c.to
                                       : c.is == measured;
        if (!fits) continue;
        if (found) return {};
        found = i;
    }
    return found;
}

std::optional<prediction> read_prediction(const rung& r, const course& c) {
    const fs::path file = r.folder / "predict.json";
    if (!fs::exists(file)) return {};
    prediction p;
    try {
        const json::value all = json::parse(read_file(file));
        const auto* program = all.as_object().if_contains("program");
        p.program = program != nullptr ? std::string{program->as_string()} : r.name;
        for (const json::value& word : all.at("run").as_array())
            p.run.emplace_back(word.as_string());
        p.find = all.at("find").as_string();
        for (const json::value& one : all.at("choices").as_array()) {
            choice& added = p.choices.emplace_back();
            added.text = one.at("text").as_string();
            if (const auto* is = one.as_object().if_contains("is")) {
                added.is = is->as_string();
            } else {
                added.from = json::value_to<double>(one.at("from"));
                added.to = json::value_to<double>(one.at("to"));
            }
        }
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error{
            fmt::format("{}: {}", shown(file, c.root()), error.code().message())};
    }
    const std::string page = page_section(read_file(r.folder / "README.md"), "Predict");
    const auto fold = page.find("<details>");
    p.question = plain(page.substr(0, fold));
    if (fold != page.npos) p.explanation = plain(page.substr(fold));
    return p;
}

int predict(const rung& r, const course& c, progress& p, program_runner& runner) {
    const auto asked = read_prediction(r, c);
    if (!asked)
        throw usage_error{fmt::format("rung {} asks nothing yet; read {}", r.number(),
                                      shown(r.folder / "README.md", c.root()))};
    const look l = look::now();
    fmt::print("{}\n\n{}\n", l.bold(fmt::format("{} {}", r.number(), r.word())),
               l.render(asked->question));
    for (std::size_t i = 0; i < asked->choices.size(); ++i)
        fmt::print("  {}  {}\n", i + 1, asked->choices[i].text);
    std::size_t answer = 0;
    while (answer == 0) {
        fmt::print("\nyour answer (1 to {}): ", asked->choices.size());
        std::fflush(stdout);
        std::string line;
        errno = 0;
        if (!std::getline(std::cin, line)) {
            fmt::print("\n");
            if (errno == EINTR) return stopped_by_hand;
            throw usage_error{"no answer; type a number, or pipe one in"};
        }
        if (line == "q") return 1;
        const auto end =
            std::from_chars(line.data(), line.data() + line.size(), answer).ptr;
        if (line.empty() || end != line.data() + line.size() || answer == 0 ||
            answer > asked->choices.size()) {
            answer = 0;
            fmt::print(
                "'{}' is none of them; type a number from 1 to {}, or q to leave\n", line,
                asked->choices.size());
        }
    }

    const fs::path program = c.root() / "build" / "bin" / asked->program;
    fmt::print("\n");
    script{c.root()}.build("dev", "building " + asked->program,
                           {"slow_server", r.name + "_run", asked->program});
    std::vector<std::string> argv{program.string()};
    argv.insert(argv.end(), asked->run.begin(), asked->run.end());
    const std::string command = asked->program == r.name
                                    ? fmt::format("./learn run {}", r.number())
                                    : "build/bin/" + asked->program;
    fmt::print("$ {} {}\n\n", command, fmt::join(asked->run, " "));
    std::fflush(stdout);
    const auto ran = runner.run(argv, {.on_output = [](std::string_view text) {
                                    fmt::print("{}", text);
                                    std::fflush(stdout);
                                }});
    if (runner.cancelled()) return 1;
    const std::string measured = asked->measured(ran.output);
    const auto right = asked->right(measured);
    if (!ran.success() || !right)
        throw std::runtime_error{
            fmt::format("this run answers nothing ('{}'); try again", measured)};
    const bool yes = *right + 1 == answer;
    fmt::print("\n{}  you said: {}\n", yes ? l.green("right") : l.red("no   "),
               asked->choices[answer - 1].text);
    if (!yes) fmt::print("       it is:    {}\n", asked->choices[*right].text);
    fmt::print("       measured: {}\n\n{}", asked->line_of(ran.output),
               l.render(asked->explanation));
    fmt::print("{}", r.exercises.empty()
                         ? next_step(l, "./learn next", "the next exercise")
                         : next_step(l, "./learn next " + r.exercises.front().name,
                                     r.exercises.front().title));
    p.set_predicted(r.word());
    return 0;
}

} // namespace ladder::learn
