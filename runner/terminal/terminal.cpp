#include "terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include <sys/ioctl.h>
#include <unistd.h>

namespace ladder {

look look::now() {
    look result;
    winsize size{};
    result.terminal = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    if (result.terminal && size.ws_col > 0)
        result.width = std::clamp<std::size_t>(size.ws_col, 10, 100);
    if (result.terminal && size.ws_row > 0) result.height = size.ws_row;
    const char* const wish = std::getenv("NO_COLOR");
    const char* const kind = std::getenv("TERM");
    result.color = result.terminal && (wish == nullptr || *wish == '\0') &&
                   std::string_view{kind == nullptr ? "" : kind} != "dumb";
    return result;
}

std::string look::paint(std::string_view code, std::string_view text) const {
    return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string{text};
}

std::size_t columns(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++at)
        if (text[at] == '\x1b')
            at = std::min(text.find('m', at), text.size());
        else if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80)
            ++count;
    return count;
}

std::size_t look::rows(std::string_view text) const {
    std::size_t count = 0;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        count += std::max<std::size_t>(1, (columns(line) + width - 1) / width);
    }
    return count;
}

std::string look::wrap(std::string_view text, std::size_t indent) const {
    std::string result;
    std::size_t column = indent;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        const std::size_t length = columns(word);
        if (column > indent && column + 1 + length > width) {
            result += "\n" + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            result += " ";
            ++column;
        }
        result += word;
        column += length;
    }
    return result;
}

/// The "pipe(7)" of "[pipe(7)], which …": a page of the manual, whose address the page
/// says at its end. Empty if the text does not begin with one.
static std::string_view manual_page(std::string_view text) {
    const auto end = text.starts_with('[') ? text.find(']') : text.npos;
    if (end == text.npos) return {};
    const auto label = text.substr(1, end - 1);
    const auto plain = label.substr(0, label.find_last_not_of("`*") + 1);
    const bool is_one = plain.size() > 3 && plain.ends_with(')') &&
                        plain[plain.size() - 3] == '(' && plain.find(' ') == plain.npos;
    return is_one ? label : std::string_view{};
}

std::string look::without_marks(std::string_view paragraph) const {
    std::string result;
    while (!paragraph.empty()) {
        const auto quoted = [&](std::string_view mark) { // what stands between two marks
            const auto end = paragraph.starts_with(mark)
                                 ? paragraph.find(mark, mark.size())
                                 : paragraph.npos;
            if (end == paragraph.npos) return std::string_view{};
            const auto inner = paragraph.substr(mark.size(), end - mark.size());
            if (inner.empty() || inner.front() == ' ') return std::string_view{};
            paragraph.remove_prefix(end + mark.size());
            return inner;
        };
        const auto linked = paragraph.front() == '[' ? paragraph.find("](") : 0;
        const auto link_end = linked != 0 && linked != paragraph.npos
                                  ? paragraph.find(')', linked)
                                  : paragraph.npos;
        if (const auto code = quoted("`"); !code.empty()) {
            result += color ? paint("36", code) : fmt::format("`{}`", code);
        } else if (const auto strong = quoted("**"); !strong.empty()) {
            result += bold(strong);
        } else if (const auto stressed = quoted("*"); !stressed.empty()) {
            result += color ? paint("3", stressed) : fmt::format("*{}*", stressed);
        } else if (const auto manual = manual_page(paragraph);
                   !manual.empty() && linked != manual.size() + 1) {
            result += without_marks(manual);
            paragraph.remove_prefix(manual.size() + 2);
        } else if (link_end != paragraph.npos) {
            result += without_marks(paragraph.substr(1, linked - 1));
            paragraph.remove_prefix(link_end + 1);
        } else {
            result += paragraph.front();
            paragraph.remove_prefix(1);
        }
    }
    return result;
}

std::string look::reflow(std::string_view page) const {
    return paragraphs(page, false);
}

std::string look::render(std::string_view page) const {
    return paragraphs(page, true);
}

std::string look::paragraphs(std::string_view page, bool rendered) const {
    std::string result, paragraph;
    std::size_t indent = 0; // of its lines after the first
    bool fenced = false;
    const auto finish = [&] {
        if (!paragraph.empty()) {
            std::string text = paragraph.substr(indent);
            if (rendered) text = without_marks(text);
            result += wrap(text, indent).insert(0, paragraph, 0, indent) + "\n";
        }
        paragraph.clear();
        indent = 0;
    };
    std::istringstream lines{std::string{page}};
    for (std::string line; std::getline(lines, line);) {
        const bool fence = line.starts_with("```");
        if (fenced || fence || line.empty() || line[0] == '#' || line[0] == '|') {
            finish();
            if (!rendered || line.empty())
                result += line + "\n";
            else if (fenced && !fence)
                result += "    " + line + "\n";
            else if (line[0] == '#')
                result += bold(line.substr(
                              std::min(line.find_first_not_of("# "), line.size()))) +
                          "\n";
            else if (!fence &&
                     line.find_first_not_of("|-: ") != line.npos) // no rule of a table
                result += without_marks(line) + "\n";
            fenced = fenced != fence;
            continue;
        }
        if (rendered && line.starts_with("<!--")) continue; // for the page's tools
        const bool item = line.starts_with("- ");
        if (item) finish();
        if (paragraph.empty()) {
            paragraph = line;
            indent = item ? 2 : 0;
        } else {
            paragraph +=
                " " + line.substr(std::min(line.find_first_not_of(' '), line.size()));
        }
    }
    finish();
    return result;
}

key_mode::key_mode() {
    if (::isatty(STDIN_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    active_ = true;
    apply();
}

key_mode::~key_mode() {
    if (active_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

void key_mode::apply() const noexcept {
    if (!active_) return;
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO); // Ctrl-C stays a signal
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &keys);
}

std::string keys_of(std::string_view typed) {
    std::string keys;
    while (!typed.empty()) {
        const bool sequence = typed.front() == key_escape && typed.size() >= 3 &&
                              (typed[1] == '[' || typed[1] == 'O');
        if (!sequence) keys += typed.front();
        if (sequence && typed[2] == 'A') keys += key_up;
        if (sequence && typed[2] == 'B') keys += key_down;
        typed.remove_prefix(sequence ? 3 : 1);
    }
    return keys;
}

bool ask(std::string_view question) {
    if (::isatty(STDIN_FILENO) == 0)
        throw usage_error{"nobody can answer here; say --yes if you are sure"};
    while (true) {
        fmt::print("{} [y/n] ", question);
        std::fflush(stdout);
        std::string answer;
        if (!std::getline(std::cin, answer)) return false;
        if (answer == "y" || answer == "yes") return true;
        if (answer == "n" || answer == "no") return false;
    }
}

} // namespace ladder
