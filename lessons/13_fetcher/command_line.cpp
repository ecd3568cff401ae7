#include "command_line.hpp"

#include "request_options.hpp"
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

} // namespace

std::optional<command_line> parse_command_line(int argc, char** argv, int& status) {
    command_line c;
    c.processes = std::min(usable_cores(), shared_statistics::max_workers);
    std::string shown = "auto";
    const std::map<std::string, show_progress> progress{
        {"auto", show_progress::automatic},
        {"always", show_progress::always},
        {"never", show_progress::never}};

    option_parser options{
        "fetcher",
        "Fetches a list of URLs with several processes of many fibers each, and "
        "saves the pages.\nPrints one line of JSON for each URL."};
    options.texts("URL", &c.urls, "pages to fetch");
    options.text("-i,--input", &c.input, "a file with one URL per line; - for stdin")
        .value("FILE");
    options.text("-o,--output", &c.folder, "save the pages in this folder").value("DIR");
    options.text("--results", &c.results, "where the lines of JSON go; - for stdout")
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
    options
        .choice("--progress", &shown, {"auto", "always", "never"},
                "a progress bar on stderr: auto, always, never")
        .value("WHEN");
    options.flag("-q,--quiet", &c.quiet, "no summary, no progress, no list of failures");
    request_options request;
    request.add_to(options);
    options.footer(
        "Status: 0 every URL got an HTTP answer, 1 some did not, 2 wrong usage.");

    if (const auto ended = options.parse(argc, argv)) {
        status = *ended;
        return {};
    }
    if (c.urls.empty() && c.input.empty()) {
        status = options.refuse("it takes a URL, or -i FILE");
        return {};
    }
    c.progress = progress.at(shown);
    c.request = request.settings();
    if (c.request.insecure && !c.quiet)
        std::fputs("fetcher: --insecure: nobody checks who the servers are\n", stderr);
    return c;
}

} // namespace ladder::fetcher
