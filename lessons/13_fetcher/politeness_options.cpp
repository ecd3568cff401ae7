#include "politeness_options.hpp"

#include "workbench/option_parser.hpp"

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace ladder::fetcher {

namespace {

/// "50/s", "30/m" or "1000/h"; in a second.
std::optional<double> parse_rate(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view unit = slash < text.size() ? text.substr(slash + 1) : "s";
    const double seconds = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
    text = text.substr(0, slash);
    double number = 0;
    const auto [rest, error] =
        std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && rest == text.data() + text.size();
    if (!whole || seconds == 0 || !(number > 0) || number > 1e6) return {};
    if (number / seconds < 1e-4) return {}; // less than one in three hours
    return number / seconds;
}

std::string check_rate(const std::string& text) {
    return parse_rate(text) ? "" : "'" + text + "' is no rate like 50/s, 30/m or 1000/h";
}

} // namespace

politeness_options::politeness_options(const politeness& defaults) : limits_(defaults) {}

void politeness_options::add_to(option_parser& options) {
    const char* group = "Politeness";
    options
        .number("--per-host", &limits_.per_host,
                "pages at a time of one host; 0: no limit", {0, 1'000'000})
        .group(group)
        .common();
    options
        .text("--per-host-rate", &per_host_rate_,
              "requests to one host, like 2/s or 30/m")
        .value("RATE")
        .check(check_rate)
        .group(group);
    options.text("--rate", &rate_, "requests in all, like 50/s")
        .value("RATE")
        .check(check_rate)
        .group(group);
    options
        .flag("--robots", &limits_.robots,
              "ask only for what robots.txt allows to --user-agent")
        .group(group);
}

politeness politeness_options::limits() const {
    politeness limits = limits_;
    if (!rate_.empty()) limits.rate = *parse_rate(rate_);
    if (!per_host_rate_.empty()) limits.per_host_rate = *parse_rate(per_host_rate_);
    return limits;
}

} // namespace ladder::fetcher
