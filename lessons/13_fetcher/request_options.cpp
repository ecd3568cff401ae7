#include "request_options.hpp"

#include "content_decoder.hpp"
#include "tls.hpp"
#include "workbench/option_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <string_view>

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

std::string check_header(const std::string& line) {
    const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !is_token(std::string_view{line}.substr(0, colon)))
        return "a header is like 'Name: value'";
    return std::ranges::any_of(line, is_control) ? "must not have control characters"
                                                 : "";
}

std::string check_method(const std::string& text) {
    if (!is_token(text)) return "is no method like GET";
    return text == "CONNECT" ? "is not for pages" : "";
}

std::string check_certificates(const std::string& file) try {
    const tls_context trusting{file, false};
    return "";
} catch (const std::exception& error) {
    return error.what();
}

} // namespace

request_options::request_options(const request_settings& defaults)
    : settings_(defaults),
      data_(defaults.body) {
    // What it would be without being said is not said.
    if (defaults.method != (data_.empty() ? "GET" : "POST")) method_ = defaults.method;
}

void request_options::add_to(option_parser& options) {
    const char* group = "Requests";
    options.texts("-H,--header", &headers_, "a header to send, like 'Name: value'")
        .value("LINE")
        .check(check_header)
        .group(group)
        .common();
    options.text("--method", &method_, "GET, or POST when there is --data")
        .value("WORD")
        .check(check_method)
        .group(group);
    options.text("--data", &data_, "what to send in the body").value("TEXT").group(group);
    options
        .flag("--compressed", &settings_.compressed,
              "ask for compressed pages, and save what was meant")
        .group(group)
        .common();
    options
        .number("--max-redirects", &settings_.max_redirects,
                "how many to follow; 0 reports them", {0, 1000})
        .group(group);
    options
        .flag("--insecure-redirects", &settings_.insecure_redirects,
              "follow redirects from https to http, too")
        .group(group);
    options
        .text("--cacert", &settings_.certificates,
              "certificates to trust in place of the system's, PEM")
        .value("FILE")
        .check(check_certificates)
        .group(group);
    options
        .flag("--insecure", &settings_.insecure,
              "trust any certificate: https is no safer")
        .group(group);
}

request_settings request_options::settings() const {
    request_settings s = settings_;
    s.body = data_;
    s.method = !method_.empty() ? method_ : data_.empty() ? "GET" : "POST";
    if (!headers_.empty()) s.headers.clear();
    for (const std::string& line : headers_)
        s.headers += line + "\r\n";
    if (s.compressed)
        s.headers += fmt::format("Accept-Encoding: {}\r\n", content_decoder::codings);
    return s;
}

} // namespace ladder::fetcher
