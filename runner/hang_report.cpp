#include "pattern.hpp"
#include "report_lines.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace ladder::learn {

namespace fs = std::filesystem;

namespace {

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

std::optional<std::vector<std::string>> hang_report(std::string_view output,
                                                    const places& where,
                                                    const address_resolver& resolve) {
    static const pattern headline{R"(^HANG  .* no end after (\d+) s, ([0-9.]+) s .*$)"};
    static const pattern who{R"(^  (thread|process) (\d+)(?: \(.*\))? (.*)$)"};
    static const pattern address{R"(^.*\(\+(0x[0-9a-f]+)\).*$)"};
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
            if (process && stack.find("pipe") != stack.npos) stack += "(read+0x";
        } else if (result && !name.empty()) {
            stack += line;
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
