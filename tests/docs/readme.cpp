#include "readme.hpp"

#include "run_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>

namespace ladder::docs {

namespace fs = std::filesystem;

namespace {

/// The status of a program that says what this machine lacks for it.
constexpr int left_out = 77;

using lines = std::vector<std::string>;

constexpr std::size_t columns = 96, fewest_words = 900, most_words = 1'400;

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

lines split(std::istream& text) {
    lines result;
    for (std::string line; std::getline(text, line);)
        result.push_back(line);
    return result;
}

bool is_blank(const std::string& line) {
    return line.find_first_not_of(' ') == line.npos;
}

/// Lines and where the first of them stands, from 1.
struct block {
    lines text;
    std::size_t line = 0;
};

void remove_blank_ends(block& b) {
    while (!b.text.empty() && is_blank(b.text.back()))
        b.text.pop_back();
    while (!b.text.empty() && is_blank(b.text.front())) {
        b.text.erase(b.text.begin());
        ++b.line;
    }
}

void dedent(lines& text) {
    std::size_t indent = std::string::npos;
    for (const std::string& line : text)
        if (!is_blank(line)) indent = std::min(indent, line.find_first_not_of(' '));
    for (std::string& line : text)
        line.erase(0, std::min(indent, line.size()));
}

std::optional<block> marked_region(const lines& source, const std::string& tag) {
    const auto is = [](const std::string& marker) {
        return [marker](const std::string& line) {
            const auto start = line.find_first_not_of(' ');
            return start != line.npos && line.substr(start) == marker;
        };
    };
    const auto begin = std::ranges::find_if(source, is("// [" + tag + "]"));
    const auto end = std::find_if(begin, source.end(), is("// [/" + tag + "]"));
    if (end == source.end()) return std::nullopt;
    block region{{begin + 1, end}, static_cast<std::size_t>(begin - source.begin()) + 2};
    static const std::regex of_another{R"(\s*// \[/?\w+\])"};
    std::erase_if(region.text, [](const std::string& line) {
        return std::regex_match(line, of_another);
    });
    remove_blank_ends(region);
    dedent(region.text);
    return region;
}

class page_check {
public:
    page_check(const fs::path& readme, const places& where)
        : where_(where),
          name_(fs::relative(readme, where.root).string()) {
        std::ifstream file{readme};
        if (!file) complain(0, "cannot be read");
        text_ = split(file);
    }

    lines run() {
        static const std::regex marker{
            R"(<!-- (snippet|diff|output|output exactly): (.*) -->)"};
        static const std::regex almost{R"(\s*<!--\s*(snippet|diff|output).*)"};
        std::smatch match;
        for (at_ = 0; at_ < text_.size(); ++at_) {
            const std::size_t line = at_ + 1;
            if (is_lesson()) check_line(text_[at_]);
            if (std::regex_match(text_[at_], match, marker)) {
                ++at_;
                const auto quoted = fenced();
                if (!quoted)
                    complain(line, "no fenced block follows in the next line");
                else if (match[1] == "snippet")
                    check_snippet(*quoted, match[2]);
                else if (match[1] == "diff")
                    check_diff(*quoted, match[2]);
                else
                    check_output(*quoted, match[2], match[1] == "output exactly");
            } else if (std::regex_match(text_[at_], almost)) {
                complain(line, "not a marker: " + text_[at_]);
            } else if (text_[at_].starts_with("```")) {
                if (is_lesson() && text_[at_] == "```cpp")
                    complain(line, "code that no snippet comment checks");
                if (!fenced()) complain(line, "the block has no end");
            } else if (text_[at_].starts_with("## ")) {
                headings_.push_back(text_[at_].substr(3));
            }
        }
        if (is_lesson()) check_sections();
        if (is_lesson()) check_length();
        return std::move(problems_);
    }

private:
    bool is_lesson() const { return name_.starts_with("lessons/"); }

    void complain(std::size_t line, std::string_view what) {
        problems_.push_back(fmt::format("{}:{}: {}", name_, line, what));
    }

    void differ(std::size_t line, std::string_view here, const std::string& there_name,
                std::string_view there) {
        complain(line, fmt::format("differs from {}\n  here:  {}\n  there: {}",
                                   there_name, here, there));
    }

    /// The fenced block that starts at `at_`, which moves to its last line.
    std::optional<block> fenced() {
        if (at_ >= text_.size() || !text_[at_].starts_with("```")) return std::nullopt;
        const auto first = text_.begin() + static_cast<std::ptrdiff_t>(at_) + 1;
        const auto last = std::find(first, text_.end(), "```");
        if (last == text_.end()) return std::nullopt;
        const std::size_t line = at_ + 2;
        at_ = static_cast<std::size_t>(last - text_.begin());
        return block{{first, last}, line};
    }

    void check_snippet(const block& here, const std::string& what) {
        const std::string file = what.substr(0, what.find('#'));
        const std::string tag = what.substr(std::min(what.size(), file.size() + 1));
        std::ifstream source{where_.root / file};
        if (!source) return complain(here.line - 2, "there is no file " + file);
        const auto there = marked_region(split(source), tag);
        if (!there)
            return complain(here.line - 2, fmt::format("{0} has no region from // [{1}] "
                                                       "to // [/{1}]",
                                                       file, tag));
        const std::size_t size = std::max(here.text.size(), there->text.size());
        for (std::size_t i = 0; i < size; ++i) {
            const std::string end = "(the end)";
            const auto& ours = i < here.text.size() ? here.text[i] : end;
            const auto& theirs = i < there->text.size() ? there->text[i] : end;
            if (ours != theirs)
                return differ(here.line + i, ours,
                              fmt::format("{}:{}", file, there->line + i), theirs);
        }
    }

    /// What is left, and what was taken away, is the first region; what is left, and what
    /// was added, the second one.
    void check_diff(const block& here, const std::string& what) {
        const auto blank = what.find(' ');
        if (blank == what.npos)
            return complain(here.line - 2, "a diff is of two regions");
        for (const bool first : {true, false}) {
            block side{{}, here.line};
            for (const std::string& line : here.text) {
                const char sign = line.empty() ? ' ' : line[0];
                if (sign == (first ? '-' : '+') || sign == ' ')
                    side.text.push_back(
                        line.substr(std::min<std::size_t>(1, line.size())));
                else if (sign != '-' && sign != '+')
                    return complain(here.line, "no line of a diff: " + line);
            }
            check_snippet(side, first ? what.substr(0, blank) : what.substr(blank + 1));
        }
    }

    void check_output(block here, const std::string& command, bool exactly) {
        if (here.text.empty() || here.text.front() != "$ " + command)
            return complain(here.line,
                            "the block does not begin with what was typed: $ " + command);
        here.text.erase(here.text.begin());
        ++here.line;
        const auto argv = resolve(command);
        if (argv.empty())
            return complain(here.line - 3, "no way to run '" + command + "' here");
        if (!fs::exists(argv[0]))
            return complain(here.line - 3, argv[0] + " is not built");
        const program_result result = run_program(argv);
        if (result.status == 128 + SIGALRM)
            return complain(here.line - 3, command + " does not end");
        if (result.status == left_out) return;
        std::istringstream output{result.output};
        const lines there = split(output);

        furthest_ = {0, 0};
        if (matches(here.text, 0, there, 0, exactly)) return;
        const auto [i, j] = furthest_;
        differ(here.line + i, i < here.text.size() ? here.text[i] : "(the end)",
               fmt::format("the output of '{}', line {}", command, j + 1),
               j < there.size() ? there[j] : "(the end)");
    }

    /// The program that the command comes down to, and its arguments.
    std::vector<std::string> resolve(const std::string& command) const {
        std::istringstream text{command};
        std::vector<std::string> words;
        for (std::string word; text >> word;)
            words.push_back(word);
        const fs::path program = words.empty() ? "" : words[0];
        if (program.parent_path() == "build/bin") {
            words[0] = where_.bin / program.filename();
            return words;
        }
        if (program != "./learn" || words.size() < 2) return {};
        if (words[1] == "tour") {
            words.erase(words.begin());
            words[0] = where_.bin / "tour";
            return words;
        }
        if (words[1] != "run" || words.size() < 3) return {};
        words.erase(words.begin(), words.begin() + 2);
        for (const auto& lesson : fs::directory_iterator{where_.root / "lessons"}) {
            const std::string rung = lesson.path().filename();
            if (!rung.starts_with(words[0] + '_')) continue;
            words[0] = where_.bin / rung;
            if (words.size() > 1 && words[1].starts_with("broken_")) {
                words[0] += '_' + words[1];
                words.erase(words.begin() + 1);
            } else if (words.size() > 1) { // a program that is made from NAME_main.cpp
                std::string name = words[1];
                std::ranges::replace(name, '-', '_');
                if (fs::exists(lesson.path() / (name + "_main.cpp"))) {
                    words[0] = where_.bin / name;
                    words.erase(words.begin() + 1);
                }
            }
            return words;
        }
        return {};
    }

    bool matches(const lines& here, std::size_t i, const lines& there, std::size_t j,
                 bool exactly) {
        furthest_ = std::max(furthest_, std::pair{i, j});
        if (i == here.size()) return j == there.size();
        if (here[i] == "…") {
            for (std::size_t skip = j; skip <= there.size(); ++skip)
                if (matches(here, i + 1, there, skip, exactly)) return true;
            return false;
        }
        if (j == there.size()) return false;
        const bool same =
            exactly ? here[i] == there[j] : generalise(here[i]) == generalise(there[j]);
        return same && matches(here, i + 1, there, j + 1, exactly);
    }

    /// One that is in no block.
    void check_line(const std::string& text) {
        if (text == "<!-- pages -->") is_over_ = true; // a script writes the rest
        if (is_over_ || text.starts_with("<!--") || text.starts_with("```")) return;
        static const std::regex by_itself{R"(!\[.*|\[[^\]]+\]: http.*)"}; // of any width
        if (std::regex_match(text, by_itself)) return;
        static const std::regex seed{R"(\b[A-E][1-8]\b)"};
        std::smatch found;
        if (std::regex_search(text, found, seed))
            complain(at_ + 1, "names the source " + found.str());
        if (text.starts_with('|')) return;
        const auto wide = std::ranges::count_if(text, [](char byte) {
            return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; // begins a letter
        });
        if (static_cast<std::size_t>(wide) > columns)
            complain(at_ + 1, fmt::format("has {} columns, more than {}", wide, columns));
        static const std::regex word{R"(\S*\w\S*)"};
        words_ += static_cast<std::size_t>(
            std::distance(std::sregex_iterator{text.begin(), text.end(), word},
                          std::sregex_iterator{}));
    }

    void check_length() {
        if (words_ >= fewest_words && words_ <= most_words) return;
        complain(text_.size(), fmt::format("has {} words, not {} to {}", words_,
                                           fewest_words, most_words));
    }

    void check_sections() {
        std::size_t found = 0;
        for (const std::string& heading : headings_)
            if (found < sections.size() && heading == sections[found]) ++found;
        if (found < sections.size())
            complain(text_.size(),
                     fmt::format("no section '## {}' where it belongs", sections[found]));
    }

    places where_;
    std::string name_;
    lines text_;
    std::size_t at_ = 0;
    std::size_t words_ = 0; ///< Of running text.
    bool is_over_ = false;
    lines headings_;
    lines problems_;
    std::pair<std::size_t, std::size_t> furthest_;
};

} // namespace

std::string generalise(std::string_view line) {
    static const std::regex number{R"(\d+(,\d{3})*(\.\d+)?)"};
    static const std::regex time{R"(0( ?)(ns|µs|ms|s|min|h|days)\b)"};
    static const std::regex memory{R"(0( ?)([kKMG]i?)?B\b)"};
    static const std::regex blanks{R"([ \t]+)"};
    static const std::regex ends{R"(^ | $)"};
    // A sign beyond ASCII has several bytes.
    static const std::regex run{R"(([^\w\s\x80-\xff]|[\xc2-\xf4][\x80-\xbf]+)\1+)"};
    static const std::regex drawing{"(█|▒|─|├|┤|│).*(█|▒|─|├|┤|│)"};
    static const std::regex axis{R"((0 )+0( s)?)"};
    std::string text{line};
    text = std::regex_replace(text, drawing, "─");
    text = std::regex_replace(text, number, "0");
    text = std::regex_replace(text, time, "0$1s");
    text = std::regex_replace(text, memory, "0$1B");
    text = std::regex_replace(text, run, "$1");
    text = std::regex_replace(text, blanks, " ");
    text = std::regex_replace(text, ends, "");
    return std::regex_match(text, axis) ? "0" : text;
}

std::vector<std::string> check_readme(const fs::path& readme, const places& where) {
    return page_check{readme, where}.run();
}

} // namespace ladder::docs
