#include "command_line.hpp"

#include "job.hpp"
#include "match_options.hpp"
#include "request_lines.hpp"
#include "request_options.hpp"
#include "route_options.hpp"
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

/// What a job can be told when it begins, and again when it goes on.
void add_options(option_parser& options, command_line& c, std::string& progress,
                 request_options& request, route_options& route) {
    options
        .text("--results", &c.results,
              "where the lines of JSON go; - for stdout, where they go without -o")
        .value("FILE");
    options.number("-p,--processes", &c.processes, "worker processes",
                   {1, shared_statistics::max_workers});
    options
        .number("-c,--concurrency", &c.concurrency, "pages at a time in each process",
                {1, 100'000})
        .value("M");
    options.duration("--timeout", &c.timeout, "for one attempt at a page");
    options.duration("--connect-timeout", &c.connect_timeout, "for connecting");
    options.number("--retries", &c.retries, "attempts after the first one", {0, 100});
    options.size("--max-bytes", &c.max_bytes, "largest page to accept");
    options.text("--user-agent", &c.user_agent, "what to call itself")
        .value("UA")
        .check(check_header_value);
    options.flag("--durable", &c.durable, "what is done survives a power failure");
    options.size("--min-free", &c.min_free,
                 "stop before the disk has less room than this");
    options.duration("--stuck-after", &c.stuck_after,
                     "a worker that shows no sign of life for so long is replaced; "
                     "more than --timeout",
                     {.least = std::chrono::seconds{1}});
    options
        .choice("--progress", &progress, {"auto", "always", "never"},
                "a progress bar on stderr: auto, always, never")
        .value("WHEN");
    options.flag("-q,--quiet", &c.quiet, "no summary, no progress, no list of failures");
    request.add_to(options);
    route.add_to(options);
    add_match_options(options, c.match);
    options.footer("Status: 0 every URL got an HTTP answer, 1 some did not, 2 wrong "
                   "usage.");
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
    add_options(options, c, progress, request, route);
    if (const auto ended = options.parse(argc, argv)) return ended;
    const std::map<std::string, show_progress> progresses{
        {"auto", show_progress::automatic},
        {"always", show_progress::always},
        {"never", show_progress::never}};
    c.progress = progresses.at(progress);
    c.request = request.settings();
    c.route = route.settings();
    take_proxy_header(c.request.headers, c.route.proxy_header);
    if (c.stuck_after > c.timeout) return {};
    if (c.stuck_after != command_line{}.stuck_after)
        return options.refuse("--stuck-after must be more than --timeout: a worker that "
                              "waits for a page is not stuck");
    c.stuck_after = 2 * c.timeout;
    return {};
}

} // namespace

std::optional<command_line> parse_command_line(int argc, char** argv, int& status) {
    command_line c;
    c.processes = std::min(usable_cores(), shared_statistics::max_workers);
    option_parser options{
        "fetcher",
        "Fetches a list of URLs with several processes of many fibers each.\n"
        "Prints one line of JSON for each URL, or saves the pages and these lines in a "
        "folder, which\nis a job: it goes on after anything.\n\n"
        "  fetcher resume DIR    go on with the job in that folder\n"
        "  fetcher status DIR    how far it is\n"
        "  fetcher verify DIR    is everything there, once, and whole?"};
    options.texts("URL", &c.urls, "pages to fetch");
    std::vector<std::string> lists;
    options.texts("-i,--input", &lists, "a file with one URL per line; - for stdin")
        .value("FILE");
    options.text("-o,--output", &c.folder, "make this folder a job: pages and results")
        .value("DIR");
    options
        .text("--warc", &c.archive,
              "pages go to archives that begin with this name; with -o, in its folder")
        .value("FILE");
    options.flag("--overwrite", &c.overwrite, "of a job in that folder, begin anew");
    if (const auto ended = parse(options, c, argc, argv)) {
        status = *ended;
        return {};
    }
    for (const std::string_view end : {".gz", ".warc"}) // they get it, with a number
        if (c.archive.ends_with(end)) c.archive.resize(c.archive.size() - end.size());
    const auto refuse = [&](const char* why) {
        status = options.refuse(why);
        return std::nullopt;
    };
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
            return url.find('\n') != url.npos;
        }))
        return refuse("a URL must not have a line break");
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
