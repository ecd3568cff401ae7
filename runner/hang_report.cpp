#include "pattern.hpp"
#include "report_lines.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

namespace ladder::learn {

namespace fs = std::filesystem;

namespace {

/// What an entry of a stack, or the kernel's word for a wait, is called: "mutex_lock" of
/// "/lib/libc.so.6(__pthread_mutex_lock+0x112)[0x7f]".
std::vector<std::string> names_in(const std::string& stack) {
    std::vector<std::string> names;
    for (const std::string& line : lines_of(stack)) {
        const auto open = line.find('('), plus = line.find('+', open);
        if (open == line.npos && line.starts_with("waits in "))
            names.push_back(line.substr(9));
        else if (plus != line.npos && plus > open + 1)
            names.push_back(line.substr(open + 1, plus - open - 1));
    }
    return names;
}

/// The libraries' names for waiting, the most telling first. `alone`: there is no other
/// thread.
std::string waits_for(const std::string& stack, bool alone) {
    struct meaning {
        std::string_view name;
        bool whole; ///< Nothing but underscores may stand before it, and nothing behind.
        std::string_view words;
    };

    static constexpr std::array<meaning, 24> meanings{{
        {"pthread_cond_", false, "waits for a condition variable that nobody notifies"},
        {"condition_variable", false,
         "waits for a condition variable that nobody notifies"},
        {"mutex_lock", false, "waits for a mutex"},
        {"lll_lock_wait", false, "waits for a mutex"},
        {"rwlock_", false, "waits for a lock"},
        {"pthread_join", false, "waits for a thread to end"},
        {"pthread_clockjoin", false, "waits for a thread to end"},
        {"6thread4join", false, "waits for a thread to end"},
        {"sem_wait", false, "waits for a semaphore"},
        {"barrier_wait", false, "waits for the others at a barrier"},
        {"wait4", true, "waits for a child process to end"},
        {"waitpid", true, "waits for a child process to end"},
        {"do_wait", true, "waits for a child process to end"},
        {"epoll_wait", true, "waits for events"},
        {"ep_poll", true, "waits for events"},
        {"poll", true, "waits for a descriptor"},
        {"read", true, "waits for something to read"},
        {"pipe_read", true, "waits for something to read"},
        {"recv", true, "waits for something to read"},
        {"write", true, "waits for somebody to read"},
        {"pipe_write", true, "waits for somebody to read"},
        {"send", true, "waits for somebody to read"},
        {"clock_nanosleep", true, "sleeps"},
        {"nanosleep", false, "sleeps"},
    }};
    const auto names = names_in(stack);
    for (const meaning& m : meanings)
        for (std::string_view name : names) {
            const auto found = name.find(m.name);
            if (found == name.npos) continue;
            name.remove_prefix(name.find_first_not_of('_'));
            if (!m.whole || name == m.name) return std::string{m.words};
        }
    for (const std::string& name : names)
        if (name.find("futex") != name.npos || name.find("syscall") != name.npos)
            return alone ? "waits, and there is no other thread that could end that"
                         : "waits for another thread";
    return "waits";
}

} // namespace

std::optional<std::vector<std::string>> hang_report(std::string_view output,
                                                    const places& where,
                                                    const address_resolver& resolve) {
    static const pattern headline{R"(^HANG  .* no end after (\d+) s, ([0-9.]+) s .*$)"};
    static const pattern who{R"(^  (thread|process) (\d+)(?: \(.*\))? (.*)$)"};
    static const pattern address{R"(^.*\(\+(0x[0-9a-f]+)\).*$)"};
    std::optional<std::vector<std::string>> result;
    bool spins = false;
    std::string stack, place, name;
    std::size_t threads = 0, all_threads = 0;
    for (const std::string& line : lines_of(output))
        if (const auto one = who.matches(line); one && (*one)[1] == "thread")
            ++all_threads;
    const auto finish = [&] {
        if (name.empty()) return;
        const std::string waits = waits_for(stack, all_threads == 1);
        const bool runs =
            stack.find("runs") == 0 || (spins && !place.empty() && waits == "waits");
        const bool told = runs || !place.empty() || waits != "waits";
        if (told || name.starts_with("thread")) // a server of the test may be there, too
            result->push_back(fmt::format("{} {}{}", name,
                                          runs ? "runs, and does not end" : waits,
                                          place.empty() ? "" : " at " + place));
        name.clear();
        stack.clear();
        place.clear();
    };
    for (const std::string& line : lines_of(output)) {
        if (const auto hangs = headline.matches(line)) {
            // A part of it has passed before the loop began.
            spins = 2 * std::stod((*hangs)[2]) >= std::stod((*hangs)[1]);
            result.emplace();
            result->push_back(fmt::format(
                "no end after {} s{}", (*hangs)[1],
                spins ? ", on a core whenever it could: it never sleeps" : ""));
        } else if (const auto waits = result ? who.matches(line) : std::nullopt) {
            finish();
            const bool process = (*waits)[1] == "process";
            name = process ? "a child process" : fmt::format("thread {}", ++threads);
            stack = (*waits)[3] + "\n";
            if (process && stack.find("pipe") != stack.npos)
                stack += "waits in pipe_read\n";
        } else if (result && !name.empty()) {
            stack += line + "\n";
            const auto found = place.empty() ? address.matches(line) : std::nullopt;
            if (found)
                for (const std::string& source : resolve((*found)[1])) {
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

} // namespace ladder::learn
