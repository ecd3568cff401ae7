#include "reports.hpp"

#include "course.hpp"
#include "pattern.hpp"
#include "report_lines.hpp"

#include <fmt/format.h>

#include <cctype>
#include <sstream>

namespace ladder::learn {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream in{std::string{text}};
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

fs::path absolute(const fs::path& file, const places& where) {
    return (where.root / "build" / file).lexically_normal();
}

bool within(const fs::path& file, const fs::path& folder) {
    const auto relative = file.lexically_relative(folder);
    return !relative.empty() && *relative.begin() != "..";
}

std::string short_name(const fs::path& file, const places& where) {
    if (within(file, where.yours)) return file.filename();
    return shown(file, where.root);
}

std::vector<std::string> first_error(std::string_view output, const places& where) {
    static const pattern diagnostic{R"(^(/?[^\s:]+):(\d+):(?:\d+:)? (.*)$)"};
    static const pattern error{
        R"(.*(error: |undefined reference|multiple definition|No such file).*)"};
    std::vector<std::string> result;
    std::size_t more = 0;
    bool inside = false;
    for (const std::string& line : lines_of(output)) {
        const auto match = diagnostic.matches(line);
        const bool begins = match.has_value();
        if (begins && error.matches(line)) {
            inside = result.empty();
            more += inside ? 0 : 1;
        } else if (!begins && result.empty() && !line.starts_with("ninja:") &&
                   error.matches(line)) {
            inside = true; // of the linker
        } else if ((begins && line.find(": note: ") == line.npos) ||
                   line.starts_with("ninja:") || line.starts_with("[") ||
                   line.starts_with("collect2:") ||
                   line.starts_with("In file included") ||
                   line.starts_with("compilation terminated") ||
                   line.find(": In ") != line.npos) {
            inside = false;
        }
        if (!inside || result.size() >= 12) continue;
        if (begins)
            result.push_back(fmt::format("{}:{}: {}",
                                         short_name(absolute((*match)[1], where), where),
                                         (*match)[2], (*match)[3]));
        else
            result.push_back(line);
    }
    if (more > 0) result.push_back(fmt::format("… and {} more (--raw shows all)", more));
    return result;
}

std::string code_only(std::string_view text) {
    std::string result;

    enum { code, line_comment, comment, quoted } in = code;

    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const char next = i + 1 < text.size() ? text[i + 1] : '\0';
        if (in == code && c == '/' && (next == '/' || next == '*')) {
            in = next == '/' ? line_comment : comment;
            ++i;
        } else if (in == code &&
                   (c == '"' ||
                    (c == '\'' && (i == 0 || !std::isalnum(static_cast<unsigned char>(
                                                 text[i - 1])))))) {
            in = quoted; // and not the ' of 1'000
            quote = c;
            result += c;
        } else if (in == quoted && c == '\\') {
            ++i;
        } else if ((in == quoted && c == quote) || (in == line_comment && c == '\n')) {
            in = code;
            result += c;
        } else if (in == comment && c == '*' && next == '/') {
            in = code;
            ++i;
        } else if (in == code || c == '\n') {
            result += c;
        }
    }
    return result;
}

} // namespace ladder::learn
