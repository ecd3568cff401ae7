#include "reports.hpp"

#include "course.hpp"

#include <boost/regex.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <sstream>
#include <utility>

namespace ladder::learn {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream in{std::string{text}};
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

/// Compilers are sometimes told to write paths as seen from the folder of the build,
/// which is a folder of the course.
fs::path absolute(const fs::path& file, const places& where) {
    return (where.root / "build" / file).lexically_normal();
}

bool within(const fs::path& file, const fs::path& folder) {
    const auto relative = file.lexically_relative(folder);
    return !relative.empty() && *relative.begin() != "..";
}

std::string short_name(const fs::path& file, const places& where) {
    if (within(file, where.yours)) return file.filename();
    return shown(file, where.root);
}

// ---- sanitizers

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
    static const boost::regex frame_line{
        R"(^\s+#\d+ (?:0x[0-9a-f]+ in )?.*? ((?:\.\.)?/[^ :]+):(\d+).*$)"};
    static const boost::regex other_frame{R"(^\s+#\d+ .*$)"};
    std::vector<section> result;
    for (std::size_t i = from; i < lines.size(); ++i) {
        boost::smatch match;
        if (lines[i].starts_with("SUMMARY:")) break;
        if (boost::regex_match(lines[i], match, frame_line)) {
            if (!result.empty())
                result.back().stack.push_back(
                    {absolute(match[1].str(), where), match[2]});
        } else if (!boost::regex_match(lines[i], other_frame) && !lines[i].empty()) {
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
    static const boost::regex words{
        R"(^\s*(?:Previous )?(atomic )?(read|write) of size (\d+) at \S+ by (main thread|thread T\d+).*)",
        boost::regex::icase};
    boost::smatch match;
    if (!boost::regex_match(s.heading, match, words)) return s.heading;
    std::string verb = match[2];
    verb[0] = verb[0] == 'R' || verb[0] == 'r' ? 'r' : 'w';
    return fmt::format("{} {}s {} bytes{}{}", match[4].str(), verb, match[3].str(),
                       match[1].matched ? " atomically" : "", s.in(where));
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
        static const boost::regex words{
            R"(^\s*Mutex (M\d+) acquired here while holding mutex (M\d+) in (.*):$)"};
        std::vector<std::string> lines{
            "possible deadlock: locks are taken in two orders, so two threads can each "
            "wait for the other"};
        for (const section& s : all) {
            boost::smatch match;
            if (boost::regex_match(s.heading, match, words))
                lines.push_back(fmt::format("{} holds {} and takes {}{}", match[3].str(),
                                            match[2].str(), match[1].str(), s.in(where)));
        }
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

// ---- hangs

/// The libraries' names for waiting.
std::string waits_for(const std::string& stack) {
    static const std::array<std::pair<const char*, const char*>, 14> words{{
        {"pthread_cond_", "waits for a condition variable that nobody notifies"},
        {"mutex_lock", "waits for a mutex"},
        {"lll_lock_wait", "waits for a mutex"},
        {"rwlock_", "waits for a lock"},
        {"pthread_join", "waits for a thread to end"},
        {"pthread_clockjoin", "waits for a thread to end"},
        {"sem_wait", "waits for a semaphore"},
        {"barrier_wait", "waits for the others at a barrier"},
        {"wait4", "waits for a child process to end"},
        {"waitpid", "waits for a child process to end"},
        {"epoll_wait", "waits for events"},
        {"poll", "waits for a descriptor"},
        {"read", "waits for something to read"},
        {"recv", "waits for something to read"},
    }};
    for (const auto& [name, meaning] : words)
        if (stack.find(fmt::format("({}", name)) != stack.npos ||
            stack.find(name + std::string{"+0x"}) != stack.npos ||
            stack.find(name) != stack.npos)
            return meaning;
    if (stack.find("write") != stack.npos || stack.find("send") != stack.npos)
        return "waits for somebody to read";
    if (stack.find("nanosleep") != stack.npos) return "sleeps";
    if (stack.find("futex") != stack.npos || stack.find("syscall") != stack.npos)
        return "waits for another thread";
    return "waits";
}

} // namespace

std::vector<std::string> first_error(std::string_view output, const places& where) {
    static const boost::regex diagnostic{R"(^(/?[^\s:]+):(\d+):(?:\d+:)? (.*)$)"};
    static const boost::regex error{
        R"(.*(error: |undefined reference|multiple definition|No such file).*)"};
    std::vector<std::string> result;
    std::size_t more = 0;
    bool inside = false;
    for (const std::string& line : lines_of(output)) {
        boost::smatch match;
        const bool begins = boost::regex_match(line, match, diagnostic);
        if (begins && boost::regex_match(line, error)) {
            inside = result.empty();
            more += inside ? 0 : 1;
        } else if (!begins && result.empty() && !line.starts_with("ninja:") &&
                   boost::regex_match(line, error)) {
            inside = true; // of the linker
        } else if ((begins && line.find(": note: ") == line.npos) ||
                   line.starts_with("ninja:") || line.starts_with("[") ||
                   line.starts_with("collect2:") ||
                   line.starts_with("In file included") ||
                   line.starts_with("compilation terminated") ||
                   line.find(": In ") != line.npos) {
            inside = false;
        }
        if (!inside || result.size() >= 12) continue;
        if (begins)
            result.push_back(fmt::format(
                "{}:{}: {}", short_name(absolute(match[1].str(), where), where),
                match[2].str(), match[3].str()));
        else
            result.push_back(line);
    }
    if (more > 0) result.push_back(fmt::format("… and {} more (--raw shows all)", more));
    return result;
}

std::optional<std::vector<std::string>> sanitizer_report(std::string_view output,
                                                         const places& where) {
    static const boost::regex headline{
        R"(.*(?:WARNING|ERROR): (Thread|Address|Leak)Sanitizer: (.*?)(?: on | \(pid=|\r|$).*)"};
    static const boost::regex undefined{
        R"(^((?:\.\.)?/[^ :]+):(\d+):\d+: runtime error: (.*)$)"};
    const auto lines = lines_of(output);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        boost::smatch match;
        if (boost::regex_match(lines[i], match, undefined))
            return std::vector<std::string>{
                fmt::format("undefined behaviour at {}:{}",
                            short_name(absolute(match[1].str(), where), where),
                            match[2].str()),
                match[3].str()};
        if (boost::regex_match(lines[i], match, headline)) {
            const auto all = sections_of(lines, i + 1, where);
            return match[1] == "Thread" ? thread_report(match[2], all, where)
                                        : address_report(match[2], all, where);
        }
    }
    return {};
}

std::optional<std::vector<std::string>> hang_report(std::string_view output,
                                                    const places& where,
                                                    const address_resolver& resolve) {
    static const boost::regex headline{
        R"(^HANG  .* no end after (\d+) s, ([0-9.]+) s .*$)"};
    static const boost::regex who{R"(^  (thread|process) (\d+)(?: \(.*\))? (.*)$)"};
    static const boost::regex address{R"(^.*\(\+(0x[0-9a-f]+)\).*$)"};
    std::optional<std::vector<std::string>> result;
    bool spins = false;
    std::string stack, place, name;
    std::size_t threads = 0;
    const auto finish = [&] {
        if (name.empty()) return;
        const bool runs = stack.find("runs") == 0 || (spins && place.empty() == false &&
                                                      waits_for(stack) == "waits");
        result->push_back(fmt::format("{} {}{}", name,
                                      runs ? "runs, and does not end" : waits_for(stack),
                                      place.empty() ? "" : " at " + place));
        name.clear();
        stack.clear();
        place.clear();
    };
    for (const std::string& line : lines_of(output)) {
        boost::smatch match;
        if (boost::regex_match(line, match, headline)) {
            // A part of it has passed before the loop began.
            spins = 2 * std::stod(match[2]) >= std::stod(match[1]);
            result.emplace();
            result->push_back(fmt::format(
                "no end after {} s{}", match[1].str(),
                spins ? ", on a core whenever it could: it never sleeps" : ""));
        } else if (result && boost::regex_match(line, match, who)) {
            finish();
            name = match[1] == "process" ? "a child process"
                                         : fmt::format("thread {}", ++threads);
            stack = match[3].str() + "\n";
            if (match[1] == "process" && stack.find("pipe") != stack.npos)
                stack += "(read+0x";
        } else if (result && !name.empty()) {
            stack += line;
            if (place.empty() && boost::regex_match(line, match, address))
                for (const std::string& source : resolve(match[1])) {
                    const fs::path file =
                        absolute(source.substr(0, source.rfind(':')), where);
                    if (place.empty() &&
                        (within(file, where.yours) || within(file, where.tests)))
                        place =
                            short_name(file, where) + source.substr(source.rfind(':'));
                }
        }
    }
    if (result) finish();
    return result;
}

std::string code_only(std::string_view text) {
    std::string result;

    enum { code, line_comment, comment, quoted } in = code;

    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const char next = i + 1 < text.size() ? text[i + 1] : '\0';
        if (in == code && c == '/' && (next == '/' || next == '*')) {
            in = next == '/' ? line_comment : comment;
            ++i;
        } else if (in == code &&
                   (c == '"' ||
                    (c == '\'' && (i == 0 || !std::isalnum(static_cast<unsigned char>(
                                                 text[i - 1])))))) {
            in = quoted; // and not the ' of 1'000
            quote = c;
            result += c;
        } else if (in == quoted && c == '\\') {
            ++i;
        } else if ((in == quoted && c == quote) || (in == line_comment && c == '\n')) {
            in = code;
            result += c;
        } else if (in == comment && c == '*' && next == '/') {
            in = code;
            ++i;
        } else if (in == code || c == '\n') {
            result += c;
        }
    }
    return result;
}

} // namespace ladder::learn
