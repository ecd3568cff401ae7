#include "pattern.hpp"

#include <boost/regex.hpp>

namespace ladder::learn {

struct pattern::expression {
    boost::regex regex;
};

pattern::pattern(const std::string& text) : expression_(std::make_unique<expression>()) {
    expression_->regex.assign(text);
}

pattern::~pattern() = default;

namespace {

std::optional<pattern::match> found(bool any, const boost::smatch& all) {
    if (!any) return {};
    pattern::match result{.at = static_cast<std::size_t>(all.position()), .groups = {}};
    for (const auto& group : all)
        result.groups.push_back(group.str());
    return result;
}

} // namespace

std::optional<pattern::match> pattern::matches(const std::string& text) const {
    boost::smatch all;
    return found(boost::regex_match(text, all, expression_->regex), all);
}

std::optional<pattern::match> pattern::search(const std::string& text) const {
    boost::smatch all;
    return found(boost::regex_search(text, all, expression_->regex), all);
}

std::string pattern::erase_from(const std::string& text) const {
    return boost::regex_replace(text, expression_->regex, "");
}

} // namespace ladder::learn
