#include "pattern.hpp"
#include "report_lines.hpp"

#include <fmt/format.h>

namespace ladder::learn {

namespace fs = std::filesystem;

namespace {

struct frame {
    fs::path file;
    std::string line;
};

/// A heading of a report and the stack under it.
struct section {
    std::string heading;
    std::vector<frame> stack;

    /// The innermost line that the learner wrote; else of the test; else nothing.
    std::string at(const places& where) const {
        for (const fs::path& folder : {where.yours, where.tests})
            for (const frame& f : stack)
                if (within(f.file, folder))
                    return fmt::format("{}:{}", short_name(f.file, where), f.line);
        return {};
    }

    std::string in(const places& where) const {
        const std::string place = at(where);
        return place.empty() ? place : fmt::format(" ({})", place);
    }
};

/// From the line with the tool's name on.
std::vector<section> sections_of(const std::vector<std::string>& lines, std::size_t from,
                                 const places& where) {
    static const pattern frame_line{
        R"(^\s+#\d+ (?:0x[0-9a-f]+ in )?.*? ((?:\.\.)?/[^ :]+):(\d+).*$)"};
    static const pattern other_frame{R"(^\s+#\d+ .*$)"};
    std::vector<section> result;
    for (std::size_t i = from; i < lines.size(); ++i) {
        if (lines[i].starts_with("SUMMARY:")) break;
        if (const auto match = frame_line.matches(lines[i])) {
            if (!result.empty())
                result.back().stack.push_back(
                    {absolute((*match)[1], where), (*match)[2]});
        } else if (!other_frame.matches(lines[i]) && !lines[i].empty()) {
            result.push_back({lines[i], {}});
        }
    }
    return result;
}

const section* find(const std::vector<section>& all, std::string_view words,
                    std::size_t skip = 0) {
    for (const section& s : all)
        if (s.heading.find(words) != s.heading.npos && skip-- == 0) return &s;
    return nullptr;
}

/// "Previous write of size 4 at 0x7b by thread T1 (mutexes: write M0):" in words.
std::string access(const section& s, const places& where) {
    static const pattern words{
        R"((?i)^\s*(?:Previous )?(atomic )?(read|write) of size (\d+) at \S+ by (main thread|thread T\d+).*)"};
    const auto match = words.matches(s.heading);
    if (!match) return s.heading;
    std::string verb = (*match)[2];
    verb[0] = verb[0] == 'R' || verb[0] == 'r' ? 'r' : 'w';
    return fmt::format("{} {}s {} bytes{}{}", (*match)[4], verb, (*match)[3],
                       (*match)[1].empty() ? "" : " atomically", s.in(where));
}

std::vector<std::string> thread_report(const std::string& kind,
                                       const std::vector<section>& all,
                                       const places& where) {
    if (kind.starts_with("data race")) {
        const section* now = find(all, " of size ");
        const section* before = find(all, "revious ");
        if (now != nullptr && before != nullptr)
            return {"data race: two threads use the same memory, one of them writes, and "
                    "nothing orders them",
                    access(*before, where), access(*now, where)};
    }
    if (kind.starts_with("lock-order-inversion")) {
        static const pattern words{
            R"(^\s*Mutex (M\d+) acquired here while holding mutex (M\d+) in (.*):$)"};
        std::vector<std::string> lines{
            "possible deadlock: locks are taken in two orders, so two threads can each "
            "wait for the other"};
        for (const section& s : all)
            if (const auto match = words.matches(s.heading))
                lines.push_back(fmt::format("{} holds {} and takes {}{}", (*match)[3],
                                            (*match)[2], (*match)[1], s.in(where)));
        return lines;
    }
    if (kind.starts_with("thread leak")) {
        const section* made = find(all, " created ");
        return {fmt::format("a thread was neither joined nor detached{}",
                            made != nullptr ? made->in(where) : "")};
    }
    std::string place;
    for (const section& s : all)
        if (place.empty()) place = s.in(where);
    return {kind + place};
}

std::vector<std::string> address_report(const std::string& kind,
                                        const std::vector<section>& all,
                                        const places& where) {
    std::vector<std::string> lines;
    const auto add = [&](std::string_view what, const section* s) {
        if (s != nullptr && !s->at(where).empty())
            lines.push_back(fmt::format("{} at {}", what, s->at(where)));
    };
    if (kind.find("leak") != kind.npos) {
        lines.emplace_back("memory leak: nobody can free this memory any more");
        add("allocated", find(all, "leak of "));
        return lines;
    }
    lines.push_back(fmt::format("{}: memory that is not yours", kind));
    add("written", find(all, "WRITE of size"));
    add("read", find(all, "READ of size"));
    add("freed before", find(all, "freed by"));
    add("allocated", find(all, "allocated by"));
    for (const section& s : all) // a stack variable, a wild pointer: where it happened
        if (lines.size() == 1) add("happens", &s);
    return lines;
}

} // namespace

std::optional<std::vector<std::string>> sanitizer_report(std::string_view output,
                                                         const places& where) {
    static const pattern headline{
        R"(.*(?:WARNING|ERROR): (Thread|Address|Leak)Sanitizer: (.*?)(?: on | \(pid=|\r|$).*)"};
    static const pattern undefined{
        R"(^((?:\.\.)?/[^ :]+):(\d+):\d+: runtime error: (.*)$)"};
    const auto lines = lines_of(output);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (const auto match = undefined.matches(lines[i]))
            return std::vector<std::string>{
                fmt::format("undefined behaviour at {}:{}",
                            short_name(absolute((*match)[1], where), where), (*match)[2]),
                (*match)[3]};
        if (const auto match = headline.matches(lines[i])) {
            const auto all = sections_of(lines, i + 1, where);
            return (*match)[1] == "Thread" ? thread_report((*match)[2], all, where)
                                           : address_report((*match)[2], all, where);
        }
    }
    return {};
}

} // namespace ladder::learn
