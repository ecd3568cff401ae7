#include "robots.hpp"

#include "workbench/http_exchange.hpp"
#include "workbench/http_url.hpp"
#include "workbench/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>

namespace ladder::fetcher {

namespace {

constexpr std::string_view blanks = " \t\r\v\f";

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1); // npos + 1 is 0
}

bool is_name(unsigned char c) {
    return (c < 0x80 && std::isalpha(c) != 0) || c == '-' || c == '_';
}

std::optional<unsigned char> hex_pair(std::string_view text) {
    if (text.size() < 2 || std::isxdigit(static_cast<unsigned char>(text[0])) == 0 ||
        std::isxdigit(static_cast<unsigned char>(text[1])) == 0)
        return {};
    const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    return static_cast<unsigned char>(digit(text[0]) * 16 + digit(text[1]));
}

enum class role { pattern, target };

/// In one way of writing (§2.2.2): what needs no encoding has none, what is not ASCII
/// has, and its digits are capitals. A query may have what divides a URL in either way.
/// A star or a dollar that means itself (§2.2.3) becomes what is in no such text.
std::string normal(std::string_view path, role of) {
    const auto is_plain = [](unsigned char c) {
        return c < 0x80 && (std::isalnum(c) != 0 ||
                            std::string_view{"-._~"}.find(static_cast<char>(c)) !=
                                std::string_view::npos);
    };
    const auto divides = [](unsigned char c) {
        return std::string_view{":/?@"}.find(static_cast<char>(c)) !=
               std::string_view::npos;
    };
    std::string result;
    bool in_query = false;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const auto c = static_cast<unsigned char>(path[i]);
        in_query |= c == '?';
        const bool is_itself =
            of == role::target ? c == '*' || c == '$' : c == '$' && i + 1 < path.size();
        const auto decoded = c == '%' ? hex_pair(path.substr(i + 1)) : std::nullopt;
        if (decoded) i += 2;
        const unsigned char meant = decoded.value_or(c);
        if ((decoded || is_itself) && (meant == '*' || meant == '$'))
            result += meant == '*' ? '\x01' : '\x02';
        else if (decoded && (is_plain(*decoded) || (in_query && divides(*decoded))))
            result += static_cast<char>(*decoded);
        else if (decoded || c >= 0x80 || c <= ' ')
            fmt::format_to(std::back_inserter(result), "%{:02X}", meant);
        else
            result += static_cast<char>(c);
    }
    return result;
}

// [matches]
/// `*` is anything, and `$` at the end is the end (§2.2.3). What stands between two
/// stars is looked for from left to right: the first place is always good enough.
bool matches(std::string_view pattern, std::string_view path) {
    const bool to_the_end = pattern.ends_with('$');
    if (to_the_end) pattern.remove_suffix(1);
    std::size_t star = pattern.find('*');
    const auto first = pattern.substr(0, star);
    if (!path.starts_with(first)) return false;
    path.remove_prefix(first.size());
    if (star == std::string_view::npos) return !to_the_end || path.empty();
    while (star != std::string_view::npos) {
        pattern.remove_prefix(star + 1);
        star = pattern.find('*');
        const auto piece = pattern.substr(0, star);
        if (star == std::string_view::npos && to_the_end) return path.ends_with(piece);
        const std::size_t there = path.find(piece);
        if (there == std::string_view::npos) return false;
        path.remove_prefix(there + piece.size());
    }
    return true;
}

// [/matches]

} // namespace

std::string robot_name(std::string_view user_agent) {
    const auto end = std::ranges::find_if_not(user_agent, is_name);
    return {user_agent.begin(), end};
}

robots_rules::robots_rules(std::string_view text, std::string_view robot) {
    text = text.substr(0, most_read);
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    std::vector<rule> ours, everybodys;
    bool names_us = false;     // this group does,
    bool names_all = false;    // or this,
    bool any_names_us = false; // or any did
    bool in_rules = false;     // of this group
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        line = line.substr(0, line.find('#'));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const auto key = trimmed(line.substr(0, colon));
        const auto value = trimmed(line.substr(colon + 1));
        if (same_text(key, "user-agent")) {
            if (in_rules) names_us = names_all = in_rules = false; // another group
            const auto name_end = std::ranges::find_if_not(value, is_name);
            const std::string_view name{value.begin(), name_end};
            names_all = names_all || value == "*" || value.starts_with("* ");
            names_us = names_us || (!name.empty() && same_text(name, robot));
            any_names_us = any_names_us || names_us;
            continue;
        }
        const bool allowed = same_text(key, "allow");
        if (!allowed && !same_text(key, "disallow")) continue;
        in_rules = true;
        if (value.empty() || value.size() > longest_rule) continue;
        if (names_us) ours.push_back({normal(value, role::pattern), allowed});
        if (names_all) everybodys.push_back({normal(value, role::pattern), allowed});
    }
    rules_ = std::move(any_names_us ? ours : everybodys);
    std::ranges::stable_sort(rules_, [](const rule& a, const rule& b) {
        return a.pattern.size() != b.pattern.size() ? a.pattern.size() > b.pattern.size()
                                                    : a.allowed && !b.allowed;
    });
    rules_.shrink_to_fit();
}

bool robots_rules::allows(std::string_view target) const {
    if (rules_.empty() || target == "/robots.txt") return true;
    std::string path = normal(target, role::target);
    constexpr std::string_view host = "http://h";
    if (path.find("/.") != std::string::npos) // the server looks where that leads
        path = resolved_url({}, std::string{host} + path).substr(host.size());
    const auto first = std::ranges::find_if(
        rules_, [&](const rule& r) { return matches(r.pattern, path); });
    return first == rules_.end() || first->allowed;
}

std::size_t robots_rules::bytes() const noexcept {
    std::size_t sum = 0;
    for (const rule& r : rules_)
        sum += sizeof(rule) + r.pattern.capacity();
    return sum;
}

robots_cache::verdict robots_cache::may_ask(const std::string& origin,
                                            std::string_view target, time now,
                                            std::error_code& why, std::string& detail) {
    const auto found = by_origin_.find(origin);
    if (found == by_origin_.end()) return verdict::unknown;
    entry& e = *found->second;
    if (!e.known) return verdict::asked;
    if (now >= e.until) {
        forget(found->second);
        return verdict::unknown;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    if (!e.failed && e.rules.allows(target)) return verdict::allowed;
    why = e.failed ? e.failed : http_error::robots_disallow;
    detail = e.detail;
    return verdict::refused;
}

void robots_cache::asking(const std::string& origin) {
    entries_.push_front({.origin = origin});
    by_origin_[origin] = entries_.begin();
}

void robots_cache::learn(const std::string& origin, const robots_answer& said, time now) {
    const auto found = by_origin_.find(origin);
    if (found == by_origin_.end() || found->second->known) return;
    entry& e = *found->second;
    e.known = true;
    e.until = now + good_for;
    const int kind = said.status / 100;
    if (kind == 5 || said.status == 429) {
        e.failed = http_error::robots_disallow;
        e.detail = fmt::format("not asked: robots.txt has status {}", said.status);
    } else if (said.error && kind != 3 && kind != 4) {
        e.failed = said.error;
        e.detail = fmt::format("not asked: robots.txt: {}", said.error.message());
    } else if (kind == 2) {
        e.rules = robots_rules{said.text, robot_};
    }
    bytes_ += e.bytes();
    for (auto last = std::prev(entries_.end());
         bytes_ > most_bytes && last != entries_.begin();) {
        const auto oldest = last--;
        if (oldest->known && &*oldest != &e) forget(oldest);
    }
}

void robots_cache::forget(std::list<entry>::iterator e) {
    bytes_ -= e->bytes();
    by_origin_.erase(e->origin);
    entries_.erase(e);
}

} // namespace ladder::fetcher
