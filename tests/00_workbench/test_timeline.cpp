#include "leftovers.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/temporary.hpp"
#include "workbench/timeline.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace ladder::timeline;
using ladder::temporary_folder;
using namespace std::string_literals;

namespace {

constexpr std::int64_t ms = 1'000'000; // nanoseconds

interval waits(std::int64_t begin, std::int64_t end, const char* label = "",
               pid_t tid = 1) {
    return {begin * ms, end * ms, 1, tid, kind::waits, label};
}

interval runs(std::int64_t begin, std::int64_t end, const char* label = "",
              pid_t tid = 1) {
    return {begin * ms, end * ms, 1, tid, kind::runs, label};
}

// Runs the hidden test case below as a program of its own.
int run_recorded_program(std::vector<std::string> environment = {}) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").string();
    return ladder::measure(
               std::vector{program, "[.recorded]"s},
               {.stdout_to = "/dev/null", .environment = std::move(environment)})
        .exit_status;
}

std::size_t width_of(std::string_view line) { // columns, one per character
    return static_cast<std::size_t>(std::ranges::count_if(
        line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines{""};
    for (const char c : text) {
        if (c == '\n')
            lines.emplace_back();
        else
            lines.back() += c;
    }
    lines.pop_back();
    return lines;
}

} // namespace

TEST_CASE("program that marks a span", "[.recorded]") {
    const span here{kind::runs, "in a program"};
}

TEST_CASE("a recording holds what this process did") {
    const auto before = ladder::leftovers::now();
    { const span unseen{kind::runs, "before"}; }
    std::filesystem::path file;
    {
        const recording record;
        file = record.file();
        {
            const span page{kind::waits, "page 1"};
            const span parse{kind::runs, "parse"};
        }
        const span unfinished{kind::waits, "not yet"};
        const auto found = record.intervals();
        REQUIRE(found.size() == 2);
        CHECK(found[0].label == "page 1");
        CHECK(found[0].kind == kind::waits);
        CHECK(found[0].pid == ::getpid());
        CHECK(found[0].tid == ::gettid());
        CHECK(found[1].label == "parse");
        CHECK(found[1].kind == kind::runs);
        CHECK(found[0].begin <= found[1].begin);
        CHECK(found[1].end <= found[0].end);
        CHECK(record.dropped() == 0);
        CHECK(found == read(file));
    }
    { const span unseen{kind::runs, "after"}; }
    CHECK_FALSE(std::filesystem::exists(file));
    CHECK(std::getenv("LADDER_TIMELINE") == nullptr);
    CHECK(ladder::leftovers::since(before) == "");
}

TEST_CASE("recordings follow each other") {
    for (int i = 0; i < 3; ++i) {
        const recording record;
        { const span here{kind::runs, "once"}; }
        CHECK(record.intervals().size() == 1);
    }
}

TEST_CASE("a long label is cut between two characters") {
    const recording record;
    { const span exact{kind::runs, std::string(label_limit, 'a')}; }
    { const span plain{kind::runs, std::string(100, 'b')}; }
    { const span accented{kind::runs, std::string(label_limit - 1, 'c') + "é"}; }
    const auto found = record.intervals();
    REQUIRE(found.size() == 3);
    CHECK(found[0].label == std::string(label_limit, 'a'));
    CHECK(found[1].label == std::string(label_limit, 'b'));
    CHECK(found[2].label == std::string(label_limit - 1, 'c'));
}

TEST_CASE("threads record at the same time and lose nothing") {
    constexpr std::size_t threads = 4, spans = 5000;
    const recording record;
    {
        std::vector<std::jthread> pool;
        for (std::size_t i = 0; i < threads; ++i)
            pool.emplace_back([] {
                for (std::size_t k = 0; k < spans; ++k)
                    const span here{kind::runs, "work"};
            });
    }
    const auto found = record.intervals();
    std::set<pid_t> tids;
    for (const auto& each : found)
        tids.insert(each.tid);
    CHECK(found.size() == threads * spans);
    CHECK(tids.size() == threads);
    CHECK(record.dropped() == 0);
}

TEST_CASE("a full recording drops spans and counts them") {
    const recording record{10};
    for (int i = 0; i < 25; ++i)
        const span here{kind::runs, "work"};
    CHECK(record.intervals().size() == 10);
    CHECK(record.dropped() == 15);
}

TEST_CASE("forked processes record into the same file, also when one is killed") {
    const recording record;
    const pid_t killed = ::fork();
    if (killed == 0) {
        { const span done{kind::runs, "done"}; }
        const span unfinished{kind::waits, "unfinished"};
        ::kill(::getpid(), SIGKILL);
    }
    ::waitpid(killed, nullptr, 0);
    const pid_t other = ::fork();
    if (other == 0) {
        { const span done{kind::runs, "done too"}; }
        ::_exit(0);
    }
    ::waitpid(other, nullptr, 0);
    const auto found = record.intervals();
    REQUIRE(found.size() == 2);
    CHECK(found[0].pid == killed);
    CHECK(found[0].label == "done");
    CHECK(found[1].pid == other);
}

TEST_CASE("a program started during a recording joins it") {
    const recording record;
    CHECK(run_recorded_program() == 0);
    const auto found = record.intervals();
    REQUIRE(found.size() == 1);
    CHECK(found[0].label == "in a program");
    CHECK(found[0].pid != ::getpid());
}

TEST_CASE("LADDER_TIMELINE alone makes programs record, one after the other") {
    const temporary_folder folder;
    const auto file = folder / "record";
    CHECK(run_recorded_program({"LADDER_TIMELINE=" + file}) == 0);
    CHECK(run_recorded_program({"LADDER_TIMELINE=" + file}) == 0);
    CHECK(read(file).size() == 2);
}

TEST_CASE("a file that is no recording is left as it was") {
    const temporary_folder folder;
    const auto file = folder / "letter";
    for (const std::size_t size : {5, 16 + 72}) {
        const std::string letter(size, 'x');
        std::ofstream{file} << letter;
        CHECK(run_recorded_program({"LADDER_TIMELINE=" + file}) == 0);
        std::ifstream stream{file};
        CHECK(std::string{std::istreambuf_iterator<char>{stream}, {}} == letter);
        CHECK_THROWS_AS(read(file), std::runtime_error);
    }
}

TEST_CASE("what overlaps in a thread gets rows of its own") {
    const auto found = rows({waits(0, 10, "a"), waits(5, 15, "b"), waits(10, 20, "c")});
    REQUIRE(found.size() == 2);
    CHECK(found[0].intervals == std::vector{waits(0, 10, "a"), waits(10, 20, "c")});
    CHECK(found[1].intervals == std::vector{waits(5, 15, "b")});
}

TEST_CASE("running within a wait is drawn onto its row") {
    const auto found = rows({waits(0, 10, "a"), runs(2, 3), runs(8, 10)});
    REQUIRE(found.size() == 1);
    CHECK(found[0].intervals == std::vector{waits(0, 10, "a"), runs(2, 3), runs(8, 10)});
}

TEST_CASE("of several waits around it, running goes onto the one with its label") {
    const auto found = rows({waits(0, 10, "a"), waits(1, 9, "b"), runs(3, 4, "b"),
                             runs(5, 6, "a"), runs(7, 8, "?")});
    REQUIRE(found.size() == 2);
    CHECK(found[0].intervals ==
          std::vector{waits(0, 10, "a"), runs(5, 6, "a"), runs(7, 8, "?")});
    CHECK(found[1].intervals == std::vector{waits(1, 9, "b"), runs(3, 4, "b")});
}

TEST_CASE("rows of a thread, and threads of a process, stay together") {
    auto child = runs(2, 3, "", 7);
    child.pid = 2;
    const auto found = rows({runs(5, 6, "", 1), runs(1, 2, "", 1), child,
                             runs(4, 5, "", 3), runs(4, 6, "", 3)});
    REQUIRE(found.size() == 4);
    CHECK(std::pair{found[0].pid, found[0].tid} == std::pair{1, 1});
    CHECK(found[0].intervals.size() == 2);
    CHECK(std::pair{found[1].pid, found[1].tid} == std::pair{1, 3});
    CHECK(std::pair{found[2].pid, found[2].tid} == std::pair{1, 3});
    CHECK(std::pair{found[3].pid, found[3].tid} == std::pair{2, 7});
}

TEST_CASE("the terminal shows rows, labels and a scale") {
    const std::vector<interval> pages{waits(0, 100, "page 0"), runs(90, 100, "page 0"),
                                      waits(20, 60, "page 1"), runs(60, 61, "page 2", 5)};
    CHECK(draw_terminal(pages, {.width = 60}) ==
          "thread 1 ├ page 0 ────────────────────────────────────▒█████\n"
          "                   ├ page 1 ───────────┤\n"
          "thread 2                               ▒▒\n"
          "         0         20        40        60        80   100 ms\n"
          "         █ runs  ▒ runs now and then  ├─┤ waits\n");
    CHECK(draw_terminal(pages, {.width = 60, .max_rows = 1, .ascii = true}) ==
          "thread 1 | page 0 ------------------------------------+#####\n"
          "         ... 2 more rows\n"
          "         0         20        40        60        80   100 ms\n"
          "         # runs  + runs now and then  |-| waits\n");
}

TEST_CASE("of a URL only the path is drawn") {
    const std::vector<interval> page{
        waits(0, 100, "http://127.0.0.1:4711/page/3?delay=50")};
    CHECK(draw_terminal(page).find(" /page/3 ─") != std::string::npos);
    CHECK(draw_svg(page).find(">/page/3<") != std::string::npos);
    CHECK(draw_terminal({waits(0, 9, "http://host")}).find("http://host") !=
          std::string::npos);
}

TEST_CASE("the terminal shows several panels to one scale") {
    const std::array panels{panel{"serial", {waits(0, 10), waits(10, 20)}},
                            panel{"two at a time", {waits(70, 80), waits(70, 80)}},
                            panel{"nothing", {}}};
    CHECK(draw_terminal(panels, {.width = 52}) ==
          "serial  20.0 ms\n"
          "process 1 ├───────────────────┤├───────────────────┤\n"
          "two at a time  10.0 ms\n"
          "process 1 ├───────────────────┤\n"
          "          ├───────────────────┤\n"
          "nothing  0.00 ms\n"
          "(nothing recorded)\n"
          "          0         5          10        15    20 ms\n"
          "          █ runs  ▒ runs now and then  ├─┤ waits\n");
}

TEST_CASE("the terminal never gets a line that is too long or a control character") {
    std::vector<interval> many;
    for (int i = 0; i < 500; ++i) {
        many.push_back(waits(i, i + 7 * (i % 60), "\x1b[31m\tпример\xff\xc3"));
        many.push_back(runs(i, i + i % 5, "ok"));
    }
    for (const std::size_t width : {40, 80, 133}) {
        const auto lines =
            lines_of(draw_terminal(many, {.width = width, .max_rows = 30}));
        CHECK(lines.size() == 30 + 3);
        for (const auto& line : lines) {
            CHECK(width_of(line) <= std::max<std::size_t>(width, 56)); // 56: the legend
            CHECK(line.find_first_of("\x1b\t\xff") == line.npos);
        }
    }
    for (const char c : draw_terminal(many, {.ascii = true}))
        CHECK((c == '\n' || (c >= ' ' && c <= '~')));
    CHECK(draw_terminal(many, {.color = true}).find("\x1b[32m") != std::string::npos);
}

TEST_CASE("the picture is a small SVG that escapes what it quotes") {
    const std::array panels{
        panel{"<serial> & \"slow\"", {waits(0, 900, "<page> & 1\x01")}},
        panel{"fibers", {waits(0, 90), runs(10, 20)}}};
    const auto svg = draw_svg(panels, {.title = "a < b"});
    CHECK(
        svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 "));
    CHECK(svg.ends_with("</svg>\n"));
    CHECK(svg.find("<title id=\"t\">a &lt; b</title>") != svg.npos);
    CHECK(svg.find("&lt;serial&gt; &amp; &quot;slow&quot;") != svg.npos);
    CHECK(svg.find("&lt;page&gt; &amp; 1?") != svg.npos);
    CHECK(svg.find("prefers-color-scheme:dark") != svg.npos);
    CHECK(svg.find('\x01') == svg.npos);
    CHECK(draw_svg(std::vector<interval>{}).ends_with("</svg>\n"));
}

TEST_CASE("a picture of many spans stays small") {
    std::vector<interval> many;
    for (std::int64_t i = 0; i < 100'000; ++i)
        many.push_back(runs(2 * i, 2 * i + 1));
    CHECK(draw_svg(many).size() < 200'000);
}

TEST_CASE("the trace opens in a viewer: complete events, one thread per row") {
    const auto text = trace_event_json({waits(5, 10, "a\xff"),
                                        waits(6, 8, "b"),
                                        {7 * ms, 7 * ms + 500, 1, 1, kind::runs, "c"}});
    const auto trace = boost::json::parse(text);
    std::vector<boost::json::object> complete;
    for (const auto& event : trace.at("traceEvents").as_array())
        if (event.at("ph") == "X") complete.push_back(event.as_object());
    REQUIRE(complete.size() == 3);
    CHECK(complete[0]["name"] == "a?");
    CHECK(complete[0]["cat"] == "waits");
    CHECK(complete[0]["ts"].as_double() == 0);
    CHECK(complete[0]["dur"].as_double() == 5000);
    CHECK(complete[0]["pid"] == 1);
    CHECK(complete[0]["tid"] == 1);
    CHECK(complete[1]["name"] == "c");
    CHECK(complete[1]["dur"].as_double() == 0.5);
    CHECK(complete[2]["name"] == "b");
    CHECK(complete[2]["tid"] != 1);
}
