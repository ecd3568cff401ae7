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
        result.width = std::clamp<std::size_t>(size.ws_col, 30, 100);
    const char* const wish = std::getenv("NO_COLOR");
    const char* const kind = std::getenv("TERM");
    result.color = result.terminal && (wish == nullptr || *wish == '\0') &&
                   std::string_view{kind == nullptr ? "" : kind} != "dumb";
    return result;
}

std::string look::paint(std::string_view code, std::string_view text) const {
    return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string{text};
}

std::string look::wrap(std::string_view text, std::size_t indent) const {
    std::string result;
    std::size_t column = indent;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        const auto columns = static_cast<std::size_t>(std::ranges::count_if(
            word, [](unsigned char c) { return (c & 0xC0) != 0x80; }));
        if (column > indent && column + 1 + columns > width) {
            result += "\n" + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            result += " ";
            ++column;
        }
        result += word;
        column += columns;
    }
    return result;
}

std::string look::reflow(std::string_view page) const {
    std::string result, paragraph;
    std::size_t indent = 0; // of its lines after the first
    bool fenced = false;
    const auto finish = [&] {
        if (!paragraph.empty())
            result +=
                wrap(paragraph.substr(indent), indent).insert(0, paragraph, 0, indent) +
                "\n";
        paragraph.clear();
        indent = 0;
    };
    std::istringstream lines{std::string{page}};
    for (std::string line; std::getline(lines, line);) {
        const bool fence = line.starts_with("```");
        if (fenced || fence || line.empty() || line[0] == '#' || line[0] == '|') {
            finish();
            result += line + "\n";
            fenced = fenced != fence;
            continue;
        }
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
