#include "netrc.hpp"

#include "file_blocks.hpp"
#include "processes/unique_fd.hpp"
#include "workbench/last_error.hpp"
#include "workbench/text.hpp"

#include <algorithm>

#include <fcntl.h>

namespace ladder::fetcher {

namespace {

constexpr std::string_view between_tokens = " \t\r\n";

/// Takes the next token off the front; nothing at the end. What begins with # is a
/// comment where a keyword is due, and may be a password where a value is.
std::optional<std::string> next_token(std::string_view& text, bool keyword = true) {
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(between_tokens), text.size()));
        if (!keyword || !text.starts_with('#')) break;
        text.remove_prefix(std::min(text.find('\n'), text.size()));
    }
    if (text.empty()) return {};
    std::string token;
    if (!text.starts_with('"')) {
        token = text.substr(0, text.find_first_of(between_tokens));
        text.remove_prefix(token.size());
        return token;
    }
    std::size_t i = 1;
    for (; i < text.size() && text[i] != '"'; ++i) {
        const bool is_escaped = text[i] == '\\' && i + 1 < text.size();
        if (is_escaped) ++i;
        token += !is_escaped      ? text[i]
                 : text[i] == 'n' ? '\n'
                 : text[i] == 'r' ? '\r'
                 : text[i] == 't' ? '\t'
                                  : text[i];
    }
    text.remove_prefix(std::min(i + 1, text.size()));
    return token;
}

void skip_macro(std::string_view& text) { // up to an empty line
    const std::size_t end = text.find("\n\n");
    text.remove_prefix(std::min(end, text.size()));
}

} // namespace

netrc::netrc(std::string_view written) {
    std::string cleaned{written};
    std::erase(cleaned, '\r');
    std::string_view text = cleaned;
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    struct {
        std::string host, login, password;
        bool begun = false, is_default = false;
    } entry;

    const auto end_entry = [&] {
        const std::string both = entry.login + ':' + entry.password;
        if (entry.begun && entry.is_default && !of_others_) of_others_ = both;
        if (entry.begun && !entry.is_default)
            of_hosts_.emplace(lower_case(entry.host), both);
        entry = {};
    };
    const auto value = [&] { return next_token(text, false).value_or(""); };
    while (const auto word = next_token(text)) {
        if (*word == "machine" || *word == "default") {
            end_entry();
            entry.begun = true;
            entry.is_default = *word == "default";
            if (!entry.is_default) entry.host = value();
        } else if (*word == "login") {
            entry.login = value();
        } else if (*word == "password") {
            entry.password = value();
        } else if (*word == "account") {
            value();
        } else if (*word == "macdef") {
            skip_macro(text);
        }
    }
    end_entry();
}

std::string netrc::credentials(std::string_view host, std::string_view login) const {
    // A password without a login is everybody's.
    const auto is_wanted = [&](const std::string& both) {
        return login.empty() || both.starts_with(':') ||
               both.starts_with(std::string{login} + ':');
    };
    const auto complete = [&](const std::string& both) {
        return both.starts_with(':') ? std::string{login} + both : both;
    };
    if (host.ends_with('.')) host.remove_suffix(1);
    const auto [begin, end] = of_hosts_.equal_range(lower_case(host));
    const auto found =
        std::find_if(begin, end, [&](const auto& one) { return is_wanted(one.second); });
    if (found != end) return complete(found->second);
    return begin == end && of_others_ && is_wanted(*of_others_) ? complete(*of_others_)
                                                                : "";
}

netrc read_netrc(const std::string& file) {
    const processes::unique_fd in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!in) throw last_error(file);
    std::string text;
    for_each_block(in.get(), file, [&](std::string_view block) { text += block; });
    return netrc{text};
}

} // namespace ladder::fetcher
