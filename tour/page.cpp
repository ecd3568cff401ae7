#include "page.hpp"

#include "machine.hpp"
#include "pictures.hpp"
#include "table.hpp"
#include "workbench/text.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <string_view>

namespace ladder::tour {

namespace {

constexpr std::string_view style_sheet = R"(
:root { color-scheme: light dark; --ink: #1f2328; --soft: #57606a; --line: #d8dee4;
  --bar: #3f9fae; --paper: #fff; --link: #0b63a5; }
@media (prefers-color-scheme: dark) { :root { --ink: #f0f6fc; --soft: #9198a1;
  --line: #30363d; --bar: #3a8c9b; --paper: #0d1117; --link: #6cb6f2; } }
body { font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif; color: var(--ink);
  background: var(--paper); max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; }
p.soft, footer { color: var(--soft); margin: .2rem 0 1.2rem; }
.wide { overflow-x: auto; }
.wide.goes-on { -webkit-mask-image: linear-gradient(to left, transparent, #000 44px);
  mask-image: linear-gradient(to left, transparent, #000 44px); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td.bar::after { content: ""; display: block; height: 4px; margin: 2px 0 0 auto;
  border-radius: 2px; width: max(2px, var(--part)); background: var(--bar); }
td:first-child, th:first-child { position: sticky; left: 0; background: var(--paper); }
a { color: var(--link); }
td.failed { text-align: left; font-weight: 600; }
li { margin: .4rem 0; }
img { width: 100%; min-width: 640px; height: auto; display: block; margin: .4rem 0 1.4rem; }
@media (max-width: 640px) { body { padding: 1rem .8rem 3rem; } h1 { font-size: 1.4rem; } }
)";

/// What is wider than the window fades at its edge, until its end is there.
constexpr std::string_view script = R"(<script>
for (const box of document.querySelectorAll(".wide")) {
    const look = () => box.classList.toggle("goes-on",
        box.scrollLeft + box.clientWidth < box.scrollWidth - 1)
    box.addEventListener("scroll", look)
    addEventListener("resize", look)
    look()
}
</script>
)";

/// An image whose file is in the page (RFC 2397), so that its styles stay its own.
std::string image(std::string_view svg, std::string_view what) {
    std::string data;
    for (const char c : svg) {
        if (std::string_view{"%#<>\"\n"}.find(c) == std::string_view::npos)
            data += c;
        else
            fmt::format_to(std::back_inserter(data), "%{:02X}",
                           static_cast<unsigned char>(c));
    }
    return fmt::format("<div class=\"wide\" tabindex=\"0\" role=\"group\" "
                       "aria-label=\"{0}\"><img alt=\"{0}\" "
                       "src=\"data:image/svg+xml,{1}\"></div>\n",
                       escape_xml(what), data);
}

struct measure {
    std::string_view head;
    double (*value)(const outcome&);
    std::string (*text)(double);
};

constexpr std::array measures{
    measure{"time", [](const outcome& o) { return seconds(o.cost.wall); },
            [](double s) { return fmt::format("{:.2f} s", s); }},
    measure{"CPU", [](const outcome& o) { return 1e3 * seconds(o.cost.cpu); },
            [](double ms) { return fmt::format("{:.0f} ms", ms); }},
    measure{
        "memory",
        [](const outcome& o) { return static_cast<double>(o.cost.peak_memory) / 1e6; },
        [](double mb) { return fmt::format("{:.1f} MB", mb); }},
    measure{"switches",
            [](const outcome& o) {
                return static_cast<double>(o.cost.voluntary_switches +
                                           o.cost.involuntary_switches);
            },
            [](double n) { return fmt::format("{:.0f}", n); }},
    measure{"processes",
            [](const outcome& o) { return static_cast<double>(o.cost.max_processes); },
            [](double n) { return fmt::format("{:.0f}", n); }},
    measure{"threads",
            [](const outcome& o) { return static_cast<double>(o.cost.max_threads); },
            [](double n) { return fmt::format("{:.0f}", n); }},
    measure{"in flight",
            [](const outcome& o) { return static_cast<double>(o.seen.peak_in_flight); },
            [](double n) { return fmt::format("{:.0f}", n); }},
};

std::string table_of(std::span<const outcome> outcomes, const lesson_link& link) {
    std::string text = "<div class=\"wide\" tabindex=\"0\" role=\"group\" "
                       "aria-label=\"The table\"><table>\n<tr><th>rung<th>faster";
    for (const measure& m : measures)
        text += fmt::format("<th>{}", m.head);
    text += "\n";
    for (const outcome& one : outcomes) {
        const std::string lesson = link(one.rung.name());
        text += lesson.empty() ? fmt::format("<tr><td>{}", escape_xml(one.rung.title()))
                               : fmt::format("<tr><td><a href=\"{}\">{}</a>", lesson,
                                             escape_xml(one.rung.title()));
        if (!one.failure.empty()) {
            text += fmt::format("<td class=\"failed\" colspan=\"{}\">failed: {}\n",
                                measures.size() + 1, escape_xml(one.failure));
            continue;
        }
        const double times = times_faster(one, outcomes.front());
        text += times == 0 ? std::string{"<td>"}
                           : fmt::format("<td>{:.{}f} ×", times, times < 9.95 ? 1 : 0);
        for (const measure& m : measures) {
            double most = 0;
            for (const outcome& other : outcomes)
                if (other.failure.empty()) most = std::max(most, m.value(other));
            text += fmt::format("<td class=\"bar\" style=\"--part: {:.1f}%\">{}",
                                most > 0 ? 100 * m.value(one) / most : 0,
                                m.text(m.value(one)));
        }
        text += "\n";
    }
    return text + "</table></div>\n";
}

} // namespace

std::string html(const workload& work, std::span<const outcome> outcomes,
                 const std::vector<std::string>& conclusions,
                 const std::string& comparison, const lesson_link& link) {
    const std::string title =
        fmt::format("The same {} pages, each {} ms late", work.pages, work.delay.count());
    std::string text = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>The Concurrency Ladder: {0}</title>\n<style>{1}</style>\n"
        "<main>\n<h1>{0}</h1>\n<p class=\"soft\">At most {2} in flight. Only who "
        "waits changes.{3}</p>\n",
        title, style_sheet, work.in_flight,
        work.runs == 1
            ? std::string{}
            : fmt::format(" The loop ran once, every other rung {} times; this "
                          "is the run in the middle, by its time.",
                          work.runs));
    text += table_of(outcomes, link);
    if (!conclusions.empty()) {
        text += "<h2>What to remember</h2>\n<ol>\n";
        for (const std::string& sentence : conclusions)
            text += "<li>" + escape_xml(sentence) + "\n";
        text += "</ol>\n";
    }
    text += "<h2>Who waited, and when</h2>\n<p class=\"soft\">The same runs as in the "
            "table, from the first request to the last answer. The time in the table is "
            "longer, because a program also starts and ends.</p>\n";
    if (!comparison.empty()) text += image(comparison, "A loop and fibers side by side");
    text += "<p class=\"soft\">Each rung on a scale of its own:</p>\n";
    for (const outcome& one : outcomes)
        if (!one.intervals.empty())
            text +=
                image(timeline::draw_svg(std::array{timeline::panel{{}, one.intervals}},
                                         {.title = one.rung.title(), .max_rows = 12}),
                      "The waits of " + one.rung.title());
    text += fmt::format("</main>\n<footer>{}</footer>\n{}</html>\n",
                        escape_xml(this_machine().described()), script);
    return text;
}

} // namespace ladder::tour
