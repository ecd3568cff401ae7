#include "queue_options.hpp"

#include "workbench/option_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include <unistd.h>

namespace ladder::beyond_one_machine {

namespace {

constexpr const char* group = "A list that many machines share";

std::string host_name() {
    std::array<char, 65> name{};
    ::gethostname(name.data(), name.size() - 1);
    std::string result = name.data();
    std::erase_if(result, [](char c) { return c < '!' || c > '~' || c == '"'; });
    return result.empty() ? "machine" : result;
}

/// What is wrong with a name: it stands in lines of JSON, and in a column of ASCII.
std::string complaint_about(const char* option, const std::string& name) {
    constexpr std::size_t longest = 100;
    const bool plain = std::ranges::all_of(name, [](unsigned char c) {
        return std::isalnum(c) || c == '.' || c == '-' || c == '_';
    });
    if (!plain) return fmt::format("{}: letters, digits, '.', '-' and '_' only", option);
    if (name.size() > longest)
        return fmt::format("{}: {} characters are too many; at most {}", option,
                           name.size(), longest);
    return {};
}

} // namespace

void queue_options::add_to(option_parser& options) {
    options.text("--queue", &url, "where the list is: mysql://USER@HOST,HOST/DATABASE")
        .value("URL")
        .group(group)
        .common();
    options.text("--job", &about.job, "which of the lists there")
        .value("NAME")
        .group(group)
        .common();
    options
        .text("--password-file", &password_file,
              "its first line is the password; or the environment's "
              "LADDER_QUEUE_PASSWORD_FILE, LADDER_QUEUE_PASSWORD")
        .value("FILE")
        .group(group);
}

void queue_options::add_machine_to(option_parser& options) {
    about.machine = host_name();
    options.text("--machine", &about.machine, "what to call this one")
        .value("NAME")
        .group(group);
    options
        .duration("--lease", &about.lease,
                  "without a sign of life for so long, others take its batches",
                  {.least = std::chrono::milliseconds{300}})
        .group(group);
}

std::string queue_options::complaint() const {
    if (url.empty()) return "it takes a queue: --queue mysql://USER@HOST/DATABASE";
    if (about.job.empty()) return "it takes the name of a job: --job NAME";
    if (auto wrong = complaint_about("--job", about.job); !wrong.empty()) return wrong;
    return complaint_about("--machine", about.machine);
}

queue_address queue_options::address() const {
    queue_address result = parse_queue_address(url);
    result.password = find_password(password_file);
    return result;
}

std::span<const std::string_view> queue_points() {
    static constexpr std::array<std::string_view, 8> points{
        "queue: claimed",           "queue: before the acknowledgement",
        "queue: before the commit", "queue: acknowledged",
        "loader: ten batches",      "loader: before the end",
        "drainer: written",         "drainer: marked"};
    return points;
}

sql::settings patiently(std::string program) {
    return {.complain = [program = std::move(program)](const std::string& why) {
        fmt::print(stderr, "{}: the database: {}; trying again\n", program, why);
    }};
}

} // namespace ladder::beyond_one_machine
