#include "run_times.hpp"

#include "host_limits.hpp"
#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace ladder::fetcher {

namespace {

/// "0.8", "12" or "3 400" ms: what matters of it.
std::string milliseconds_text(std::uint64_t us) {
    const double ms = static_cast<double>(us) / 1000;
    return fmt::format("{:.{}f}", ms, ms < 10 ? 2 : ms < 100 ? 1 : 0);
}

std::string percentiles(const histogram& h) {
    if (h.count() == 0) return fmt::format("{:>8}{:>8}{:>8}", "-", "", "");
    std::string text;
    for (const double part : {0.5, 0.9, 0.99})
        text += fmt::format("{:>8}", milliseconds_text(h.percentile(part)));
    return text;
}

} // namespace

void run_times::add(times& to, const outcome& o) {
    const auto add = [](histogram& h, std::chrono::microseconds time) {
        if (time.count() > 0) h.add(static_cast<std::uint64_t>(time.count()));
    };
    const request_times& t = o.times;
    add(to.connect, std::max(t.connected, t.secured));
    add(to.first_byte, t.first_byte);
    to.whole.add(static_cast<std::uint64_t>(o.elapsed.count()));
}

void run_times::add(const task& t, const outcome& o) {
    add(all_, o);
    add(by_status_[o.status], o);
    const std::string host = host_of(t.url);
    const auto known = by_host_.find(host);
    if (known != by_host_.end())
        add(known->second, o);
    else
        add(by_host_.size() < most_hosts ? by_host_[host] : other_hosts_, o);
}

std::string run_times::row(std::string_view name, const times& of) {
    return fmt::format("{:<22.22}{:>9} {}  {}  {}\n", printable(std::string{name}),
                       of.whole.count(), percentiles(of.connect),
                       percentiles(of.first_byte), percentiles(of.whole));
}

std::string run_times::table() const {
    std::string text = fmt::format(
        "{:<31} {:^24}  {:^24}  {:^24}\n{:<22}{:>9} {:>8}{:>8}{:>8}  {:>8}{:>8}{:>8}  "
        "{:>8}{:>8}{:>8}\n",
        "times in ms", "connect", "first byte", "whole page", "", "pages", "50 %", "90 %",
        "99 %", "50 %", "90 %", "99 %", "50 %", "90 %", "99 %");
    text += row("all", all_);
    for (const auto& [status, times] : by_status_)
        text += row(status == 0 ? "no answer" : fmt::format("status {}", status), times);
    std::vector<std::pair<std::string_view, const times*>> hosts;
    for (const auto& [host, times] : by_host_)
        hosts.emplace_back(host.empty() ? std::string_view{"no host"} : host, &times);
    std::ranges::sort(hosts, [](const auto& a, const auto& b) {
        const auto pages = [](const auto& h) { return h.second->whole.count(); };
        return pages(a) != pages(b) ? pages(a) > pages(b) : a.first < b.first;
    });
    const std::size_t shown = std::min(hosts.size(), shown_hosts);
    for (std::size_t i = 0; i < shown; ++i)
        text += row(hosts[i].first, *hosts[i].second);
    if (other_hosts_.whole.count() > 0) text += row("hosts not counted", other_hosts_);
    if (shown < hosts.size())
        text += fmt::format("and {} more hosts\n", hosts.size() - shown);
    return text;
}

} // namespace ladder::fetcher
