#include "request_options.hpp"

#include "content_decoder.hpp"
#include "file_blocks.hpp"
#include "processes/unique_fd.hpp"
#include "request_lines.hpp"
#include "tls.hpp"
#include "workbench/last_error.hpp"
#include "workbench/option_parser.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace {

constexpr std::size_t most_data = 8'000'000; // bytes; each worker has them

/// Throws std::invalid_argument.
std::string read_data(const std::string& file) try {
    const processes::unique_fd in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!in) throw last_error(file);
    std::string data;
    for_each_block(in.get(), file, [&](std::string_view block) {
        data += block;
        if (data.size() > most_data)
            throw std::invalid_argument{file + " has more than 8 MB"};
    });
    return data;
} catch (const std::system_error& error) {
    throw std::invalid_argument{error.what()};
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
      data_(defaults.body.empty() ? 0 : 1, defaults.body) {
    // What it would be without being said is not said.
    if (defaults.method != (data_.empty() ? "GET" : "POST")) method_ = defaults.method;
}

void request_options::add_to(option_parser& options) {
    const char* group = "Requests";
    options.texts("-H,--header", &headers_, "a header to send, like 'Name: value'")
        .value("LINE")
        .check(complaint_about_header)
        .group(group)
        .common();
    options.text("--method", &method_, "GET, or POST when there is --data")
        .value("WORD")
        .check(complaint_about_method)
        .group(group);
    options.texts("--data", &data_, "what to send in the body")
        .value("TEXT")
        .group(group);
    options.text("--data-file", &data_file_, "the same from a file, at most 8 MB")
        .value("FILE")
        .group(group);
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
    const bool has_body = !data_.empty() || !data_file_.empty(); // it may be empty
    s.body = !data_file_.empty() ? read_data(data_file_) : has_body ? data_.back() : "";
    s.method = !method_.empty() ? method_ : has_body ? "POST" : "GET";
    if (!headers_.empty()) s.headers.clear();
    for (const std::string& line : headers_)
        s.headers += line + "\r\n";
    if (s.compressed)
        s.headers = put_together(
            fmt::format("Accept-Encoding: {}\r\n", content_decoder::codings), s.headers);
    return s;
}

} // namespace ladder::fetcher
