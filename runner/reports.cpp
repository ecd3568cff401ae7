#include "reports.hpp"

#include "course.hpp"
#include "pattern.hpp"
#include "report_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
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

std::vector<std::string> warnings(std::string_view output, const places& where) {
    static const pattern warning{R"(^(/?[^\s:]+):(\d+):(?:\d+:)? warning: (.*)$)"};
    std::vector<std::string> result;
    for (const std::string& line : lines_of(output))
        if (const auto found = warning.matches(line)) {
            const fs::path file = absolute((*found)[1], where);
            std::string text = fmt::format("{}:{}: {}", short_name(file, where),
                                           (*found)[2], (*found)[3]);
            if (within(file, where.yours) && std::ranges::count(result, text) == 0)
                result.push_back(std::move(text));
        }
    return result;
}

std::string crash_place(std::string_view output, const places& where,
                        const address_resolver& resolve) {
    static const pattern address{R"(^.*\(\+(0x[0-9a-f]+)\).*$)"};
    const auto begin = output.find("\nCRASH\n");
    if (begin == output.npos) return {};
    std::string of_test;
    int frame = 0;
    for (const std::string& line : lines_of(output.substr(begin + 7))) {
        const auto found = address.matches(line);
        ++frame;
        if (!found) continue;
        std::string at = (*found)[1];
        // The handler, what called it, and then what was interrupted, which is no call
        // that returns: its address is the place itself.
        if (frame == 3) at = fmt::format("{:#x}", std::stoull(at, nullptr, 16) + 1);
        for (const std::string& source : resolve(at)) {
            const auto colon = source.rfind(':');
            const fs::path file = absolute(source.substr(0, colon), where);
            const std::string place = short_name(file, where) + source.substr(colon);
            if (within(file, where.yours)) return place;
            if (of_test.empty() && within(file, where.tests)) of_test = place;
        }
    }
    return of_test;
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
