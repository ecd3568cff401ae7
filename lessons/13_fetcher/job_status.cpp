#include "job_status.hpp"

#include "job.hpp"
#include "journal.hpp"
#include "list_lines.hpp"
#include "progress.hpp"
#include "workbench/http_url.hpp"
#include "workbench/option_parser.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ladder::fetcher {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::size_t shown_hosts = 10;

struct count {
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
};

struct job_state {
    std::uint64_t urls = 0;
    bool whole_list = true;
    count all{};
    std::map<std::int32_t, std::uint64_t> by_status{}; ///< 0: no answer.
    std::map<std::string, count, std::less<>> by_host{};
    std::optional<running_job> running{};
    double per_second = 0; ///< Of the process that runs it.

    std::uint64_t left() const { return urls - std::min(urls, all.done); }

    /// The rest of a list that was being read when its reader was killed is not known.
    bool complete() const { return whole_list && left() == 0; }

    std::string name() const {
        return running ? "running" : complete() ? "complete" : "stopped";
    }
};

std::string host_of(const std::string& url) {
    std::error_code error;
    const http_url parsed = parse_url(url, error, schemes::also_https);
    return error ? "no valid URL" : parsed.authority();
}

job_state look_at(const fs::path& folder) {
    job_state state{.whole_list =
                        read_description(folder / job_files::description).whole_list};
    done_lines in_list, done;
    for_each_entry(folder / job_files::list,
                   [&](std::uint64_t n, std::string_view) { in_list.insert(n); });
    state.urls = in_list.size();
    for_each_line(folder / job_files::results, [&](std::string_view line) {
        const auto r = parse_record(line);
        if (!r || !in_list.contains(r->n) || !done.insert(r->n)) return;
        ++state.by_status[r->status];
        for (count* c : {&state.all, &state.by_host[host_of(r->url)]}) {
            ++c->done;
            c->failed += r->error.empty() ? 0 : 1;
        }
    });
    state.running = who_runs(folder / job_files::lock);
    if (state.running && state.running->started > 0) {
        const double now = std::chrono::duration<double>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
        const double seconds =
            std::max(now - static_cast<double>(state.running->started), 1.0);
        const std::uint64_t before = std::min(state.running->done_before, state.all.done);
        state.per_second = static_cast<double>(state.all.done - before) / seconds;
    }
    return state;
}

void print_json(const job_state& s) {
    json::object by_status, by_host;
    for (const auto& [status, number] : s.by_status)
        by_status[std::to_string(status)] = number;
    for (const auto& [host, c] : s.by_host)
        by_host[host] = {{"done", c.done}, {"failed", c.failed}};
    json::object v{
        {"state", s.name()},      {"urls", s.urls},         {"whole_list", s.whole_list},
        {"done", s.all.done},     {"failed", s.all.failed}, {"left", s.left()},
        {"pid", nullptr},         {"per_second", nullptr},  {"seconds_left", nullptr},
        {"by_status", by_status}, {"by_host", by_host}};
    if (s.running) {
        v["pid"] = s.running->pid;
        v["per_second"] = s.per_second;
        if (s.per_second > 0)
            v["seconds_left"] = static_cast<double>(s.left()) / s.per_second;
    }
    fmt::print("{}\n", json::serialize(v));
}

void print_text(const job_state& s, const std::string& folder) {
    fmt::print("{}: {}{}\n", folder, s.name(),
               s.running ? fmt::format(" (process {})", s.running->pid) : "");
    fmt::print("  done     {} of {}{}, {} failed\n", s.all.done, s.urls,
               s.whole_list ? "" : " that are known by now", s.all.failed);
    if (s.running && s.per_second > 0)
        fmt::print("  rate     {:.0f}/s, {} left\n", s.per_second,
                   duration_text(static_cast<double>(s.left()) / s.per_second));
    for (const auto& [status, number] : s.by_status)
        fmt::print("  {:<8} {}\n", status == 0 ? "no page" : std::to_string(status),
                   number);
    std::vector<std::pair<std::string, count>> hosts{s.by_host.begin(), s.by_host.end()};
    std::ranges::stable_sort(hosts, std::greater{},
                             [](const auto& host) { return host.second.done; });
    for (std::size_t i = 0; i < std::min(hosts.size(), shown_hosts); ++i)
        fmt::print("  {}  {} done, {} failed\n", hosts[i].first, hosts[i].second.done,
                   hosts[i].second.failed);
    if (hosts.size() > shown_hosts)
        fmt::print("  and {} hosts more: see --json\n", hosts.size() - shown_hosts);
    if (!s.running && !s.complete())
        fmt::print("go on with: fetcher resume {}\n", as_typed(folder));
}

} // namespace

int show_status(int argc, char** argv) {
    std::string folder;
    bool as_json = false;
    option_parser options{"fetcher status", "How far a job is, also while it runs.",
                          "fetcher status --help shows how"};
    options.text("DIR", &folder, "the job's folder").required();
    options.flag("--json", &as_json, "all of it, for programs");
    if (const auto status = options.parse(argc, argv)) return *status;
    job_options(folder); // throws when there is none
    const job_state state = look_at(folder);
    as_json ? print_json(state) : print_text(state, folder);
    return 0;
}

} // namespace ladder::fetcher
