#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace ladder::fetcher {

namespace {

double seconds(std::chrono::steady_clock::duration d) {
    return std::chrono::duration<double>{d}.count();
}

std::string bytes_text(std::uint64_t bytes) {
    static constexpr std::array units{"bytes", "kB", "MB", "GB", "TB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1000 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, units[unit]);
}

} // namespace

std::string printable(std::string text) {
    std::ranges::replace_if(
        text, [](unsigned char c) { return c < ' ' || c >= 0x7f; }, '?');
    return text;
}

std::string duration_text(double s) {
    const long long whole = std::llround(s);
    if (whole >= 3600)
        return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string progress_line(const progress_sample& s, std::size_t width) {
    constexpr std::size_t bar_width = 20;
    const double elapsed = std::max(seconds(s.elapsed), 1e-3);
    const double rate = static_cast<double>(s.done) / elapsed;
    const std::uint64_t done = s.done_before + s.done;
    std::string line;
    if (s.total) {
        const double part =
            *s.total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(*s.total);
        const auto filled = static_cast<std::size_t>(std::min(part, 1.0) * bar_width);
        line = fmt::format("[{:<{}}] {:3.0f}%  {}/{}", std::string(filled, '#'),
                           bar_width, 100 * std::min(part, 1.0), done, *s.total);
    } else {
        line = fmt::format("{} done", done);
    }
    line += fmt::format("  {:.0f}/s", rate);
    if (s.failed > 0) line += fmt::format("  {} failed", s.failed);
    line += fmt::format("  {} in flight", s.in_flight);
    if (s.total && s.done > 0 && *s.total > done)
        line += fmt::format("  {} left",
                            duration_text(static_cast<double>(*s.total - done) / rate));
    line.resize(std::min(line.size(), width));
    return line;
}

std::string summary_line(const run_totals& t,
                         std::chrono::steady_clock::duration elapsed) {
    const double s = std::max(seconds(elapsed), 1e-3);
    std::string line = fmt::format("{} of {} pages in {:.2f} s ({:.0f}/s), {}, {} failed",
                                   t.done, t.taken, s, static_cast<double>(t.done) / s,
                                   bytes_text(t.bytes), t.failed);
    if (t.done_before > 0) line += fmt::format(", {} were done before", t.done_before);
    if (t.workers_lost > 0)
        line += fmt::format(", {} worker{} lost and replaced", t.workers_lost,
                            t.workers_lost == 1 ? "" : "s");
    return line;
}

void write_stderr(const std::string& text) noexcept {
    std::fwrite(text.data(), 1, text.size(), stderr);
}

} // namespace ladder::fetcher
