#include "command_line.hpp"

#include "about.hpp"
#include "help.hpp"
#include "job.hpp"
#include "list_lines.hpp"
#include "match_options.hpp"
#include "politeness_options.hpp"
#include "request_lines.hpp"
#include "request_options.hpp"
#include "robots.hpp"
#include "route_options.hpp"
#include "speed_watch.hpp"
#include "statistics.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

namespace ladder::fetcher {

namespace {

std::string check_header_value(const std::string& text) {
    const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
    return std::ranges::none_of(text, is_control) ? ""
                                                  : "must not have control characters";
}

std::string check_speed(const std::string& text) {
    return parse_speed(text) ? "" : "'" + text + "' is no speed like 1KB/s or 5KB/10s";
}

constexpr const char* of_list = "What to fetch";
constexpr const char* of_jobs = "Jobs";
constexpr const char* of_time = "Time and size";
constexpr const char* of_reports = "Reports"; // also in reports.cpp

/// What a job can be told when it begins, and again when it goes on.
void add_options(option_parser& options, command_line& c, std::string& progress,
                 request_options& request, route_options& route,
                 politeness_options& limits) {
    options
        .number("-p,--processes", &c.processes, "worker processes",
                {1, shared_statistics::max_workers})
        .group(of_list)
        .common();
    options
        .number("-c,--concurrency", &c.concurrency, "pages at a time in each process",
                {1, max_concurrency})
        .value("M")
        .group(of_list)
        .common();
    options.flag("--durable", &c.durable, "what is done survives a power failure")
        .group(of_jobs);
    options
        .size("--min-free", &c.min_free, "stop before the disk has less room than this",
              0)
        .group(of_jobs);
    options.duration("--timeout", &c.timeout, "for one attempt at a page")
        .group(of_time)
        .common();
    options.duration("--connect-timeout", &c.connect_timeout, "for connecting")
        .group(of_time);
    options
        .duration("--deadline", &c.deadline,
                  "for a URL with all attempts, redirects and waits; none without it")
        .group(of_time);
    options
        .text("--minimum-speed", &c.minimum_speed,
              "a page that comes more slowly is an error: 1KB/s, or 5KB/10s")
        .value("SPEED")
        .check(check_speed)
        .group(of_time);
    options.number("--retries", &c.retries, "attempts after the first one", {0, 100})
        .group(of_time)
        .common();
    options.size("--max-bytes", &c.max_bytes, "largest page to accept").group(of_time);
    options
        .duration("--stuck-after", &c.stuck_after,
                  "a worker that shows no sign of life for so long is replaced; more "
                  "than --timeout",
                  {.least = std::chrono::seconds{1}})
        .group(of_time);
    options
        .text("--user-agent", &c.user_agent,
              "what to call itself; say who you are and where you can be reached")
        .value("UA")
        .check(check_header_value)
        .group("Requests");
    request.add_to(options);
    route.add_to(options);
    add_match_options(options, c.match);
    limits.add_to(options);
    options
        .text("--results", &c.results,
              "for the lines of JSON; - is stdout, as without -o")
        .value("FILE")
        .group(of_reports)
        .common();
    add_report_options(options, c.reports);
    options
        .choice("--progress", &progress, {"auto", "always", "never"},
                "a progress bar on stderr: auto, always, never")
        .value("WHEN")
        .group(of_reports);
    options.flag("-q,--quiet", &c.quiet, "no summary, no progress, no list of failures")
        .group(of_reports)
        .common();
    options.footer(std::string{exit_status});
}

void take_lists(command_line& c, const std::vector<std::string>& lists) {
    if (lists.empty()) return;
    c.input = lists.front();
    c.more_lists.assign(lists.begin() + 1, lists.end());
}

/// Parses, and looks at what no single option can tell. Returns the status to end with.
std::optional<int> parse(option_parser& options, command_line& c, int argc, char** argv) {
    std::string progress = "auto";
    request_options request{c.request};
    route_options route{c.route};
    politeness_options limits{c.limits};
    add_options(options, c, progress, request, route, limits);
    if (const auto ended = options.parse(argc, argv)) return ended;
    const std::map<std::string, show_progress> progresses{
        {"auto", show_progress::automatic},
        {"always", show_progress::always},
        {"never", show_progress::never}};
    c.progress = progresses.at(progress);
    c.request = request.settings();
    c.route = route.settings();
    take_proxy_header(c.request.headers, c.route.proxy_header);
    c.limits = limits.limits();
    c.limits.robot = c.limits.robots ? robot_name(c.user_agent) : "";
    if (c.stuck_after > c.timeout) return {};
    if (c.stuck_after != command_line{}.stuck_after)
        return options.refuse("--stuck-after must be more than --timeout: a worker that "
                              "waits for a page is not stuck");
    c.stuck_after = 2 * c.timeout;
    return {};
}

} // namespace

std::optional<command_line>
parse_command_line(int argc, char** argv, int& status,
                   const std::function<void(option_parser&)>& elsewhere) {
    command_line c;
    c.processes = std::min(usable_cores(), shared_statistics::max_workers);
    bool version = false;
    option_parser options{"fetcher", std::string{purpose}};
    options.help(help_text);
    options.texts("URL", &c.urls, "pages to fetch").group(of_list);
    std::vector<std::string> lists;
    options.texts("-i,--input", &lists, "a file with one URL per line; - for stdin")
        .value("FILE")
        .group(of_list)
        .common();
    options.text("-o,--output", &c.folder, "make this folder a job: pages and results")
        .value("DIR")
        .group(of_list)
        .common();
    options
        .text("--warc", &c.archive,
              "pages go to archives that begin with this name; with -o, in its folder")
        .value("FILE")
        .group(of_list);
    options.flag("--overwrite", &c.overwrite, "of a job in that folder, begin anew")
        .group(of_jobs);
    options.flag("--version", &version, "of this program and its libraries")
        .group(of_reports);
    if (elsewhere) elsewhere(options);
    if (const auto ended = parse(options, c, argc, argv)) {
        status = *ended;
        return {};
    }
    if (version) {
        std::fputs(version_text().c_str(), stdout);
        return {};
    }
    for (std::string& url : c.urls)
        url = without_blanks(url);
    for (const std::string_view end : {".gz", ".warc"}) // they get it, with a number
        if (c.archive.ends_with(end)) c.archive.erase(c.archive.rfind(end));
    const auto refuse = [&](const char* why) {
        status = options.refuse(why);
        return std::nullopt;
    };
    if (elsewhere) {
        if (c.urls.empty() && lists.empty() && !c.overwrite && !c.durable &&
            c.match.url_template.empty())
            return c;
        return refuse("with --queue the list is there, and so is the journal: no URL, no "
                      "-i, no --template, no --overwrite, no --durable");
    }
    take_lists(c, lists);
    if (const auto why = complaint_about(c.match, lists.size(), !c.urls.empty());
        !why.empty())
        return refuse(why.c_str());
    if (c.urls.empty() && c.input.empty()) return refuse("it takes a URL, or -i FILE");
    if (!c.folder.empty() && c.archive.find('/') != std::string::npos)
        return refuse("with -o, the archives are in the job's folder: --warc NAME, "
                      "without a /");
    if (c.folder.empty() && (c.durable || c.min_free > 0 || c.overwrite))
        return refuse("--durable, --min-free and --overwrite are for a job: -o DIR");
    if (!c.folder.empty() && std::ranges::any_of(c.urls, [](const std::string& url) {
            return url.empty() || url[0] == '#' || url.find_first_of("\r\n") != url.npos;
        }))
        return refuse("in a job, a URL is a line with something in it, and no comment");
    return c;
}

std::optional<command_line> parse_resume(int argc, char** argv, int& status) {
    command_line c;
    for (const bool job_is_known : {false, true}) {
        if (job_is_known) { // what it was told then is the default now
            const std::string folder = c.folder;
            c = job_options(folder);
            c.folder = folder;
        }
        option_parser options{"fetcher resume",
                              "Goes on with a job: what has no outcome yet is fetched.",
                              "fetcher resume --help shows how"};
        options.text("DIR", &c.folder, "the job's folder").required();
        std::vector<std::string> lists;
        options.texts("-i,--input", &lists, "only to compare: is it still this list?")
            .value("FILE");
        options.flag("--retry-failed", &c.retry_failed,
                     "ask again for what ended with an error, or with 408, 429 or 5xx");
        if (const auto ended = parse(options, c, argc, argv)) {
            status = *ended;
            return {};
        }
        take_lists(c, lists);
    }
    c.resume = true;
    return c;
}

} // namespace ladder::fetcher
