#include "command_line.hpp"

#include "statistics.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

#include <sched.h>

namespace ladder::fetcher {

namespace {

using unit = std::pair<std::string_view, double>;

/// A positive number and one of the units; the first unit may be left out.
template <std::size_t N>
std::optional<double> parse_quantity(std::string_view text,
                                     const std::array<unit, N>& units) {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    const std::string_view suffix{rest, static_cast<std::size_t>(end - rest)};
    if (error != std::errc{} || !std::isfinite(value) || value <= 0) return {};
    if (suffix.empty()) return value * units[0].second;
    for (const auto& [name, factor] : units)
        if (suffix == name) return value * factor;
    return {};
}

std::size_t usable_cores() {
    cpu_set_t cores;
    return ::sched_getaffinity(0, sizeof cores, &cores) == 0
               ? static_cast<std::size_t>(CPU_COUNT(&cores))
               : 1;
}

std::string check_duration(const std::string& text) {
    return parse_duration(text) ? ""
                                : "'" + text + "' is no duration like 10s, 500ms or 2m";
}

std::string check_size(const std::string& text) {
    return parse_size(text) ? "" : "'" + text + "' is no size like 10MB, 64KiB or 1000";
}

std::string check_header_value(const std::string& text) {
    const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
    return std::ranges::none_of(text, is_control) ? ""
                                                  : "must not have control characters";
}

} // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    static constexpr std::array<unit, 4> units{
        {{"s", 1000}, {"ms", 1}, {"m", 60'000}, {"h", 3'600'000}}};
    const auto ms = parse_quantity(text, units);
    if (!ms || *ms < 1 || *ms > 86'400'000.0 * 365) return {};
    return std::chrono::milliseconds{std::llround(*ms)};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    static constexpr std::array<unit, 8> units{{{"B", 1},
                                                {"kB", 1e3},
                                                {"KB", 1e3},
                                                {"MB", 1e6},
                                                {"GB", 1e9},
                                                {"KiB", 1024},
                                                {"MiB", 1048576},
                                                {"GiB", 1073741824}}};
    const auto bytes = parse_quantity(text, units);
    if (!bytes || *bytes < 1 || *bytes > 1e18) return {};
    return static_cast<std::uint64_t>(std::llround(*bytes));
}

std::optional<command_line> parse_command_line(int argc, char** argv, int& status) {
    command_line c;
    c.processes = std::min(usable_cores(), shared_statistics::max_workers);
    std::string timeout = "10s";
    std::string connect_timeout = "3s";
    std::string max_bytes = "10MB";
    const std::map<std::string, show_progress> progress{
        {"auto", show_progress::automatic},
        {"always", show_progress::always},
        {"never", show_progress::never}};

    CLI::App app{"Fetches a list of URLs with several processes of many fibers each, and "
                 "saves the pages.\nPrints one line of JSON for each URL."};
    app.name("fetcher");
    app.option_defaults()->always_capture_default();
    app.add_option("URL", c.urls, "pages to fetch");
    app.add_option("-i,--input", c.input, "a file with one URL per line; - for stdin")
        ->type_name("FILE");
    app.add_option("-o,--output", c.folder, "save the pages in this folder")
        ->type_name("DIR");
    app.add_option("--results", c.results, "where the lines of JSON go; - for stdout")
        ->type_name("FILE");
    app.add_option("-p,--processes", c.processes, "worker processes")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, shared_statistics::max_workers));
    app.add_option("-c,--concurrency", c.concurrency, "pages at a time in each process")
        ->type_name("M")
        ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}));
    app.add_option("--timeout", timeout, "for one attempt at a page")
        ->type_name("TIME")
        ->check(check_duration);
    app.add_option("--connect-timeout", connect_timeout, "for connecting")
        ->type_name("TIME")
        ->check(check_duration);
    app.add_option("--retries", c.retries, "attempts after the first one")
        ->type_name("N")
        ->check(CLI::Range(0, 100));
    app.add_option("--max-bytes", max_bytes, "largest page to accept")
        ->type_name("SIZE")
        ->check(check_size);
    app.add_option("--user-agent", c.user_agent, "what to call itself")
        ->type_name("UA")
        ->check(check_header_value);
    std::string shown = "auto";
    app.add_option("--progress", shown, "a progress bar on stderr: auto, always, never")
        ->type_name("WHEN")
        ->check(CLI::IsMember(progress));
    app.add_flag("-q,--quiet", c.quiet, "no summary, no progress, no list of failures");
    app.footer("Status: 0 every URL got an HTTP answer, 1 some did not, 2 wrong usage.");

    try {
        app.parse(argc, argv);
        if (c.urls.empty() && c.input.empty())
            throw CLI::RequiredError{"a URL, or -i FILE,"};
    } catch (const CLI::Success& help) {
        status = app.exit(help);
        return {};
    } catch (const CLI::ParseError& error) {
        const std::string text = error.what();
        std::fputs(fmt::format("fetcher: {} (--help shows how)\n",
                               text.substr(0, text.find('\n')))
                       .c_str(),
                   stderr);
        status = 2;
        return {};
    }
    c.timeout = *parse_duration(timeout);
    c.connect_timeout = *parse_duration(connect_timeout);
    c.max_bytes = *parse_size(max_bytes);
    c.progress = progress.at(shown);
    return c;
}

} // namespace ladder::fetcher
