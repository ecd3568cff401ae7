// The order that failed, for people: a line for each source line that a thread ran.

#include "scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

#include <link.h>
#include <unistd.h>

namespace ladder::exploring {

namespace {

constexpr std::size_t most_rows = 24;
constexpr std::uint64_t largest_shown = 1'000'000'000; // more is an address, most likely

struct source {
    std::string file; ///< Empty: unknown.
    int line = 0;

    bool operator==(const source&) const = default;
};

std::uintptr_t load_address() {
    std::uintptr_t result = 0;
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* to) { // the program is the first
            *static_cast<std::uintptr_t*>(to) = info->dlpi_addr;
            return 1;
        },
        &result);
    return result;
}

/// The lines of these addresses, by addr2line(1). A return address is one past the call.
std::map<std::uintptr_t, source> resolve(const std::set<std::uintptr_t>& addresses) {
    std::map<std::uintptr_t, source> result;
    std::string command = fmt::format("addr2line -e /proc/{}/exe", ::getpid());
    const std::uintptr_t base = load_address();
    for (const std::uintptr_t a : addresses)
        command += fmt::format(" {:#x}", a - base - 1);
    std::FILE* const out = ::popen((command + " 2>/dev/null").c_str(), "r");
    if (out == nullptr) return result;
    std::array<char, 4096> line{};
    for (const std::uintptr_t a : addresses) {
        if (std::fgets(line.data(), line.size(), out) == nullptr) break;
        const std::string_view text{line.data()};
        const auto colon = text.rfind(':');
        if (colon == text.npos || text[0] == '?') continue;
        result[a] = {std::string{text.substr(0, colon)}, std::atoi(&line[colon + 1])};
    }
    ::pclose(out);
    return result;
}

/// Not the standard library's, nor this here.
bool is_theirs(const source& s) {
    return !s.file.empty() && !s.file.starts_with("/usr/") && s.line > 0 &&
           s.file.find("lessons/00_workbench/explore/") == s.file.npos;
}

std::string text_of(const source& s) {
    std::ifstream file{s.file};
    std::string line;
    for (int i = 0; i < s.line && std::getline(file, line); ++i) {
    }
    const auto begin = line.find_first_not_of(" \t");
    line = begin == line.npos ? "" : line.substr(begin);
    return line.size() <= 32 ? line : line.substr(0, 29) + "...";
}

std::string place(const source& s) {
    if (s.file.empty()) return {};
    return fmt::format("{}:{}", s.file.substr(s.file.rfind('/') + 1), s.line);
}

std::string effect(const step& s) {
    const auto with_value = [&](const char* verb) -> std::string {
        if (s.value > largest_shown) return verb;
        return fmt::format("{} {}", verb, s.value);
    };
    switch (s.what) {
    case does::reads:
        return with_value("reads");
    case does::writes:
        return with_value("writes");
    case does::changes:
        return with_value("changes it to");
    case does::locks:
        return "locks";
    case does::unlocks:
        return "unlocks";
    case does::waits_for_lock:
        return "waits for the lock";
    case does::sleeps:
        return "sleeps";
    case does::wakes_up:
        return "wakes up";
    case does::times_out:
        return "has waited long enough";
    case does::notifies:
        return "notifies";
    case does::starts:
        return "starts a thread";
    case does::ends:
        return "ends";
    case does::joins:
        return "waits for its end";
    case does::looks_in_vain:
        return "looks in vain";
    case does::deletes:
        return "deletes";
    case does::interrupted:
        break;
    }
    return "";
}

struct row {
    int thread;
    source at;
    std::vector<std::string> effects;
    bool interrupted = false;
};

} // namespace

std::string draw(const result& r) {
    const std::uint32_t from =
        r.steps_count > kept_steps ? r.steps_count - kept_steps : 0;
    std::set<std::uintptr_t> addresses;
    const auto frames = [&](const step& s) { // the innermost first
        std::vector<std::uintptr_t> result;
        if (s.pc != 0) result.push_back(s.pc);
        for (std::uint32_t in = s.in; in != 0; in = r.calls[in].caller)
            result.push_back(r.calls[in].returns_to);
        return result;
    };
    const auto need = [&](const step& s) {
        for (const std::uintptr_t frame : frames(s))
            addresses.insert(frame);
    };
    for (std::uint32_t i = from; i < r.steps_count; ++i)
        need(r.steps[i % kept_steps]);
    for (const step& s : r.race)
        need(s);
    addresses.erase(0);
    const auto lines = resolve(addresses);
    const auto where = [&](const step& s) {
        for (const std::uintptr_t frame : frames(s))
            if (const auto found = lines.find(frame);
                found != lines.end() && is_theirs(found->second))
                return found->second;
        return source{};
    };
    std::vector<row> rows;
    for (std::uint32_t i = from; i < r.steps_count; ++i) {
        const step& s = r.steps[i % kept_steps];
        if (s.what == does::interrupted) {
            if (!rows.empty() && rows.back().thread == s.thread)
                rows.back().interrupted = true;
            continue;
        }
        const bool access = s.what <= does::changes;
        const auto own = lines.find(s.pc != 0 ? s.pc : r.calls[s.in].returns_to);
        if (access && !s.atomic &&
            (own == lines.end() || !is_theirs(own->second) || s.value > largest_shown))
            continue; // inside of a container, say, or of a pointer
        const source at = s.what == does::ends ? source{} : where(s);
        if (at.file.empty() && s.what != does::ends) continue;
        if (rows.empty() || rows.back().thread != s.thread || rows.back().at != at ||
            rows.back().interrupted)
            rows.push_back({.thread = s.thread, .at = at, .effects = {}});
        const std::string what = effect(s);
        auto& effects = rows.back().effects;
        if (std::ranges::find(effects, what) == effects.end()) effects.push_back(what);
    }
    const std::size_t first = rows.size() > most_rows ? rows.size() - most_rows : 0;
    std::size_t places = 0, texts = 0; // their widths
    for (std::size_t i = first; i < rows.size(); ++i) {
        places = std::max(places, place(rows[i].at).size());
        texts = std::max(texts, text_of(rows[i].at).size());
    }
    std::string text;
    if (first > 0) text += fmt::format("  … {} lines before\n", first);
    for (std::size_t i = first; i < rows.size(); ++i) {
        const row& each = rows[i];
        const auto begin = each.effects.begin();
        text += fmt::format(
            "{:>4} {:<4} {:<{}}  {:<{}}  {}\n", i + 1, name(each.thread), place(each.at),
            places, text_of(each.at), texts,
            fmt::join(begin, begin + std::min<long>(3, std::ssize(each.effects)), ", "));
        if (each.interrupted)
            text += fmt::format("     ------------ {} is interrupted here ------------\n",
                                name(each.thread));
    }
    if (r.raced)
        text += fmt::format("nothing orders {} ({}) and {} ({})\n",
                            place(where(r.race[0])), name(r.race[0].thread),
                            place(where(r.race[1])), name(r.race[1].thread));
    return text;
}

} // namespace ladder::exploring
