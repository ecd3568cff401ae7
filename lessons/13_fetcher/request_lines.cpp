#include "request_lines.hpp"

#include "workbench/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace ladder::fetcher {

namespace {

/// RFC 9110 §5.6.2.
bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view{"!#$%&'*+-.^_`|~"}.find(static_cast<char>(c)) !=
                   std::string_view::npos;
    });
}

bool same_name(std::string_view line, std::string_view other) {
    const auto name = line.substr(0, line.find(':') + 1);
    return same_text(name, other.substr(0, name.size()));
}

std::string without(std::string_view lines, auto unwanted) {
    std::string rest;
    while (!lines.empty()) {
        const auto line = next_line(lines);
        if (!unwanted(lower_case(line.substr(0, line.find(':'))))) rest += line;
    }
    return rest;
}

} // namespace

std::string complaint_about_header(std::string_view line) {
    const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !is_token(line.substr(0, colon)))
        return "a header is like 'Name: value'";
    return std::ranges::any_of(line, is_control) ? "must not have control characters"
                                                 : "";
}

std::string complaint_about_method(std::string_view method) {
    if (!is_token(method)) return fmt::format("'{}' is no method like GET", method);
    return method == "CONNECT" ? "CONNECT is not for pages" : "";
}

std::string without_secrets(std::string_view lines) {
    return without(lines, [](const std::string& name) {
        return name == "authorization" || name == "cookie" ||
               name == "proxy-authorization";
    });
}

std::string for_another_host(std::string_view lines) {
    return without(without_secrets(lines),
                   [](const std::string& name) { return name == "host"; });
}

std::string without_content(std::string_view lines) {
    return without(lines, [](const std::string& name) {
        return name.starts_with("content-") || name == "transfer-encoding";
    });
}

void take_proxy_header(std::string& lines, std::string& of_proxy) {
    std::string others;
    for (std::string_view rest = lines; !rest.empty();) {
        const auto line = next_line(rest);
        (same_name("proxy-authorization:", line) ? of_proxy : others) += line;
    }
    lines = others;
}

std::string put_together(std::string_view lines, std::string_view more) {
    std::string all;
    while (!lines.empty()) {
        const auto line = next_line(lines);
        bool is_replaced = false;
        for (std::string_view others = more; !others.empty() && !is_replaced;)
            is_replaced = same_name(line, next_line(others));
        if (!is_replaced) all += line;
    }
    return all.append(more);
}

} // namespace ladder::fetcher
