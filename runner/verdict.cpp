#include "verdict.hpp"

#include <fmt/format.h>

#include <string_view>

namespace ladder::learn {

std::string draw(const verdict& v, const exercise& e, const course& c, const look& l,
                 answered_by how) {
    const std::string name = fmt::format("{} {}", e.number(), e.name);
    std::string text;
    const auto add = [&](const std::string& line) { text += line + "\n"; };
    const auto label = [&](std::string_view word, std::string_view what) {
        add(fmt::format("  {}  {}", l.bold(fmt::format("{:<4}", word)), l.wrap(what, 8)));
    };
    const bool passed = v.result == verdict::outcome::passed;
    const std::string under =
        !passed && !v.under.empty() ? ", under " + v.under : std::string{};
    add(fmt::format("{}  {} · {}", passed ? l.green("ok  ") : l.red("FAIL"), l.bold(name),
                    l.wrap(passed ? e.title : v.failed + under, 6)));
    std::size_t number = 0;
    for (const std::string& step : v.steps)
        add(fmt::format("  {:>2} {}    {}", ++number, l.green("ok"), l.wrap(step, 11)));
    std::string indent = "      ";
    if (!passed && v.is_step) {
        add(fmt::format("  {:>2} {}  {}", ++number, l.red("FAIL"), l.wrap(v.failed, 11)));
        indent = std::string(11, ' ');
    }
    for (const std::string& line : v.details) // what is drawn begins with blanks
        add(indent + (line.starts_with(' ') ? line : l.wrap(line, indent.size())));
    for (const std::string& line : v.why)
        label("why", line);
    const auto lines = [&](std::string_view word, const std::vector<std::string>& what) {
        for (std::size_t i = 0; i < what.size(); ++i) // as they are, also long ones
            add(fmt::format("  {}  {}", l.bold(fmt::format("{:<4}", i == 0 ? word : "")),
                            what[i]));
    };
    lines("said", v.printed);
    lines("warn", v.warnings);
    const bool keys = how == answered_by::keys;
    if (passed) {
        for (const std::string& what : v.also)
            label("also", what);
        label("next",
              keys ? "n, the next exercise   (s compares yours with ours)"
                   : fmt::format("./learn next   (or compare: ./learn solution {})",
                                 e.name));
    } else if (v.is_step) {
        label("next", keys ? "h, a hint" : "./learn hint " + e.name);
    } else if (!v.next.empty()) {
        label("next", v.next);
    } else {
        label("next", "edit " + shown(e.folder / e.edit.front(), c.root()));
    }
    return text;
}

} // namespace ladder::learn
