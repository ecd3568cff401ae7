#include "match_options.hpp"

#include "answer_match.hpp"
#include "word_lists.hpp"
#include "workbench/http_url.hpp"
#include "workbench/option_parser.hpp"

#include <stdexcept>
#include <system_error>

namespace ladder::fetcher {

namespace {

template <class T>
std::string complaint(const std::string& text) try {
    const T made{text};
    return "";
} catch (const std::invalid_argument& error) {
    return error.what();
}

std::string complaint_about_template(const std::string& text) {
    if (places_in(text) == 0) return "it has no {}, where the words go";
    std::error_code error;
    parse_url(filled_in(text, "1"), error, schemes::also_https);
    return error ? error.message() : "";
}

} // namespace

void add_match_options(option_parser& options, match_settings& to) {
    const char* group = "Words";
    options
        .text("--template", &to.url_template,
              "-i has words, and they go where {} is; the second -i is for the second {}")
        .value("URL")
        .check(complaint_about_template)
        .group(group);
    options
        .flag("--in-step", &to.in_step,
              "of several lists, the first words, the second ones...; not each with each")
        .group(group);
    options
        .text("--match-status", &to.status, "print the URLs with these, like 200,301-308")
        .value("LIST")
        .check(complaint<number_ranges>)
        .group(group);
    options.text("--match-size", &to.size, "with so many bytes, like 1-100,512")
        .value("LIST")
        .check(complaint<number_ranges>)
        .group(group);
    options
        .text("--match-body", &to.body,
              "with this in their first megabyte; re:... is "
              "a regular expression")
        .value("TEXT")
        .check(complaint<text_pattern>)
        .group(group);
    options.text("--reject-body", &to.not_body, "and those without this")
        .value("TEXT")
        .check(complaint<text_pattern>)
        .group(group);
    options
        .flag("--calibrate", &to.calibrate,
              "try random words first; what answers like them is not looked for")
        .group(group);
}

std::string complaint_about(const match_settings& m, std::size_t lists, bool has_urls) {
    const std::size_t places = places_in(m.url_template);
    if (places == 0) {
        if (m.calibrate || m.in_step) return "--calibrate and --in-step need --template";
        return lists > 1 ? "several -i are for several {} in a --template" : "";
    }
    if (has_urls || lists == 0) return "--template takes words, from -i FILE";
    return lists > places ? "there are more -i than {} in the --template" : "";
}

} // namespace ladder::fetcher
