#include "answer_match.hpp"

#include <boost/regex.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <stdexcept>

namespace ladder::fetcher {

namespace {

constexpr std::string_view of_expression = "re:";

std::uint64_t to_number(std::string_view text) {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || rest != end)
        throw std::invalid_argument{
            fmt::format("'{}' is no number; e.g. 200,301-308", text)};
    return number;
}

std::unique_ptr<text_pattern> pattern_or_none(const std::string& pattern) {
    return pattern.empty() ? nullptr : std::make_unique<text_pattern>(pattern);
}

} // namespace

number_ranges::number_ranges(std::string_view text) {
    while (!text.empty()) {
        auto item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(item.size() + 1, text.size()));
        item.remove_prefix(std::min(item.find_first_not_of(' '), item.size()));
        item = item.substr(0, item.find_last_not_of(' ') + 1); // npos + 1 is 0
        const std::size_t dash = std::min(item.find('-'), item.size());
        const auto from = item.substr(0, dash);
        const auto to = item.substr(std::min(dash + 1, item.size()));
        auto& range = ranges_.emplace_back(0, std::numeric_limits<std::uint64_t>::max());
        if (!from.empty() || to.empty()) range.first = to_number(from);
        if (dash == item.size()) range.second = range.first;
        if (!to.empty()) range.second = to_number(to);
        if (range.first > range.second)
            throw std::invalid_argument{fmt::format("'{}' is no range", item)};
    }
}

bool number_ranges::contains(std::uint64_t number) const {
    return ranges_.empty() || std::ranges::any_of(ranges_, [&](const auto& range) {
               return range.first <= number && number <= range.second;
           });
}

struct text_pattern::expression {
    boost::regex compiled;
};

text_pattern::text_pattern(std::string_view pattern) : text_(pattern) {
    if (!pattern.starts_with(of_expression)) return;
    pattern.remove_prefix(of_expression.size());
    try {
        expression_ = std::make_unique<expression>(
            expression{boost::regex{pattern.begin(), pattern.end(), boost::regex::perl}});
    } catch (const boost::regex_error& error) {
        throw std::invalid_argument{
            fmt::format("'{}' is no regular expression: {}", pattern, error.what())};
    }
}

text_pattern::~text_pattern() = default;

bool text_pattern::is_in(std::string_view text) const {
    if (!expression_) return text.find(text_) != std::string_view::npos;
    try {
        return boost::regex_search(text.begin(), text.end(), expression_->compiled);
    } catch (const std::runtime_error&) { // the library counts its steps
        return false;
    }
}

answer_match::answer_match(const match_settings& settings)
    : statuses_(settings.status),
      sizes_(settings.size),
      wanted_(pattern_or_none(settings.body)),
      unwanted_(pattern_or_none(settings.not_body)) {}

std::string answer_match::mismatch(int status, std::uint64_t bytes,
                                   std::string_view body) const {
    if (!statuses_.contains(static_cast<std::uint64_t>(status)))
        return fmt::format("status {}", status);
    if (!sizes_.contains(bytes)) return fmt::format("{} bytes", bytes);
    if (wanted_ && !wanted_->is_in(body)) return "not the text that is looked for";
    if (unwanted_ && unwanted_->is_in(body)) return "a text that is not looked for";
    return {};
}

} // namespace ladder::fetcher
