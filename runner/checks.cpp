#include "checks.hpp"

#include "desk.hpp"
#include "terminal.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace ladder::learn {

namespace {

/// Says what the checker does: a line for each phase, and at a terminal, as the last line
/// and until there is another one, how far a build is.
void follow(checker& with, bool phases) {
    const bool person = look::now().terminal;
    with.on_phase = [=](const std::string& what) {
        if (!phases) return;
        fmt::print("{}{} …\n", person ? "\r\x1b[K" : "", what);
        std::fflush(stdout);
    };
    with.on_progress = [=](const std::string& how_far) {
        if (!person) return;
        fmt::print("\r\x1b[K{}", how_far);
        std::fflush(stdout);
    };
}

void erase_progress() {
    if (look::now().terminal) fmt::print("\r\x1b[K");
}

} // namespace

verdict check_and_remember(const exercise& e, progress& p, checker& with) {
    verdict v = with.check(e);
    if (v.result == verdict::outcome::cancelled) return v;
    attempt a = p.of(e.name);
    a.begun = true;
    if (v.result == verdict::outcome::passed && a.passed.empty()) a.passed = today();
    p.set(e.name, a);
    return v;
}

int check_one(const exercise& e, const course& c, progress& p, checker& with, bool raw) {
    fmt::print("checking {} {} …\n", e.number(), e.name);
    std::fflush(stdout);
    follow(with, true);
    const verdict v = check_and_remember(e, p, with);
    erase_progress();
    if (v.result == verdict::outcome::cancelled) return 1;
    if (raw) fmt::print("{}\n", v.raw);
    fmt::print("{}", draw(v, e, c, look::now()));
    return v.result == verdict::outcome::passed ? 0 : 1;
}

int check_several(std::span<const exercise* const> which, const course& c, progress& p,
                  checker& with) {
    const look l = look::now();
    std::size_t passed = 0, open = 0;
    const exercise* failing = nullptr;
    follow(with, false);
    const auto line = [&](const std::string& state, const exercise& e,
                          const std::string& more) {
        erase_progress();
        fmt::print("{}  {} {}{}\n", state, e.number(), e.name, more);
        std::fflush(stdout);
    };
    for (const exercise* e : which) {
        if (changed_files(*e).empty()) {
            line("open", *e, "");
            ++open;
            continue;
        }
        const verdict v = check_and_remember(*e, p, with);
        if (v.result == verdict::outcome::cancelled) return stopped_by_hand;
        if (v.result == verdict::outcome::passed) {
            line(l.green("ok  "), *e, "");
            ++passed;
        } else {
            line(l.red("FAIL"), *e, " · " + v.failed);
            if (failing == nullptr) failing = e;
        }
    }
    const std::size_t failed = which.size() - passed - open;
    fmt::print("\n{} of {} exercises pass{}{}\n", passed, which.size(),
               failed > 0 ? fmt::format(", {} do not yet", failed) : "",
               open > 0 ? fmt::format(", {} are open", open) : "");
    if (failing != nullptr)
        fmt::print("{}", next_step(l, "./learn check " + failing->name,
                                   "what is wrong, in full"));
    else if (const exercise* now = current(c, p); now != nullptr)
        fmt::print("{}", next_step(l, "./learn next", now->name + " · " + now->title));
    return passed == which.size() ? 0 : 1;
}

} // namespace ladder::learn
