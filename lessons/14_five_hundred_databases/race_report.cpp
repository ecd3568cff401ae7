#include "race_report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>
#include <vector>

namespace ladder::five_hundred_databases {

namespace {

constexpr std::string_view row_format =
    "{:<25} {:>6} {:>8} {:>7} {:>8} {:>8} {:>7} {:>5} {:>5} {:>8}\n";
constexpr double megabyte = 1e6;

double memory_of(const lap& one) {
    return static_cast<double>(one.cost.peak_memory) / megabyte;
}

std::string seconds_text(double seconds) {
    return fmt::format("{:.2f} s", seconds);
}

/// Those that can be compared at a glance: the serial way is off every scale.
std::vector<const lap*> equals(std::span<const lap> laps) {
    std::vector<const lap*> result;
    for (const lap& one : laps)
        if (one.ran() && one.contestant.equal && one.contestant.name != "serial")
            result.push_back(&one);
    return result;
}

struct chart {
    std::string_view title;
    double (*value)(const lap&);
    std::string (*text)(double);
};

const std::array charts{
    chart{"time", [](const lap& one) { return one.seconds; }, seconds_text},
    chart{"memory", memory_of, [](double mb) { return fmt::format("{:.1f} MB", mb); }}};

double largest(const chart& of, const std::vector<const lap*>& laps) {
    double result = 1e-9;
    for (const lap* one : laps)
        result = std::max(result, of.value(*one));
    return result;
}

std::string bar(double share, int width) {
    std::string result;
    for (long i = std::max(1L, std::lround(share * width)); i > 0; --i)
        result += "█";
    return result;
}

} // namespace

std::string table_head() {
    return fmt::format(fmt::runtime(row_format), "", "in", "", "", "", "", "swit-", "",
                       "", "") +
           fmt::format(fmt::runtime(row_format), "way", "flight", "time", "faster", "CPU",
                       "memory", "ches", "proc.", "thr.", "claimed");
}

std::string table_row(const lap& one, double serial) {
    const contestant& who = one.contestant;
    const std::string claimed = who.claimed > 0 ? seconds_text(who.claimed) : "";
    if (!one.ran())
        return fmt::format("{:<25} {:>6} {:<53} {:>8}\n", who.title, "-",
                           who.left_out.empty() ? "failed: " + one.failure
                                                : "left out, " + who.left_out,
                           claimed);
    const double time = one.scaled(one.seconds);
    const double cpu = one.scaled(std::chrono::duration<double>{one.cost.cpu}.count());
    const auto switches =
        static_cast<double>(one.cost.voluntary_switches + one.cost.involuntary_switches);
    std::string result = fmt::format(
        fmt::runtime(row_format), who.title, one.seen.max_used_connections,
        seconds_text(time), serial > 0 ? fmt::format("{:.0f} ×", serial / time) : "",
        seconds_text(cpu), fmt::format("{:.1f} MB", memory_of(one)),
        fmt::format("{:.0f}", one.scaled(switches)), one.cost.max_processes,
        one.cost.max_threads, claimed);
    for (const auto& [error, count] : one.said.errors)
        result += fmt::format("    {} of {} failed: {}\n", count, who.hosts, error);
    return result;
}

std::string bars(std::span<const lap> laps) {
    const auto rows = equals(laps);
    std::string result;
    for (const chart& of : charts) {
        if (rows.empty()) break;
        result += fmt::format("{}{}\n", result.empty() ? "" : "\n", of.title);
        const double most = largest(of, rows);
        for (const lap* one : rows)
            result +=
                fmt::format("  {:<25} {:>9}  {}\n", one->contestant.title,
                            of.text(of.value(*one)), bar(of.value(*one) / most, 40));
    }
    return result;
}

std::string claims() {
    return "claimed: Python's clients on another machine, 500 databases, the same query\n"
           "  serial         67.75 s  135 ms a host: 35 of them are the client's own\n"
           "  processes       2.93 s  as 23 in flight take, or 5.9 ms of work a host\n"
           "  threads         4.81 s  as 14 in flight take, or 9.6 ms of work a host\n"
           "  asyncio         1.07 s  500 in flight: 1.9 ms of the client's work a host\n"
           "  uvloop          0.75 s  500 in flight: 1.3 ms of the client's work a host\n"
           "  processes       1.4 GB  an interpreter in each process costs that, and "
           "not\n"
           "  uvloop           60 MB  the process\n"
           "How large its pools were it does not say, so nobody can tell which it was.\n";
}

std::string connections(std::span<const lap> laps) {
    std::size_t hosts = 0, opened = 0, open = 0, aborted = 0;
    for (const lap& one : laps) {
        if (!one.ran()) continue;
        hosts += one.contestant.hosts * one.runs;
        opened += one.opened;
        open += one.seen.threads_connected;
        aborted += one.seen.aborted_clients + one.seen.aborted_connects;
    }
    return fmt::format("the server: {} hosts asked, {} connections; {} left open, {} "
                       "aborted\n",
                       hosts, opened, open, aborted);
}

std::string how_to_read() {
    return "in flight is the most that the server had at once. It counts a connection\n"
           "until it has noticed the goodbye: a loop may have 2, and processes more "
           "than\n"
           "there are. Forking is slow: the first have ended when the last begin, and "
           "so\n"
           "fewer than 500 are in flight. proc. and thr. are the most that were seen, "
           "by\n"
           "looking now and then. time is that of the asking; CPU, memory and switches "
           "are\n"
           "those of the whole program.\n";
}

std::string to_json(std::span<const lap> laps, const database& server) {
    boost::json::array rows;
    for (const lap& one : laps) {
        const contestant& who = one.contestant;
        boost::json::object row{{"way", who.name},
                                {"title", who.title},
                                {"race", who.equal ? "equal" : "as claimed"},
                                {"hosts", who.hosts},
                                {"in_flight", who.in_flight},
                                {"times", who.times}};
        if (who.claimed > 0) row["claimed_seconds"] = who.claimed;
        if (!who.left_out.empty()) {
            row["left_out"] = who.left_out;
        } else if (!one.failure.empty()) {
            row["failure"] = one.failure;
        } else {
            boost::json::object errors;
            for (const auto& [error, count] : one.said.errors)
                errors[error] = count;
            row["seconds"] = one.seconds;
            row["program_seconds"] = std::chrono::duration<double>{one.cost.wall}.count();
            row["cpu_seconds"] = std::chrono::duration<double>{one.cost.cpu}.count();
            row["peak_memory"] = one.cost.peak_memory;
            row["voluntary_switches"] = one.cost.voluntary_switches;
            row["involuntary_switches"] = one.cost.involuntary_switches;
            row["processes"] = one.cost.max_processes;
            row["threads"] = one.cost.max_threads;
            row["good"] = one.said.good;
            row["errors"] = errors;
            row["runs"] = one.runs;
            row["server"] = {{"peak_connections", one.seen.max_used_connections},
                             {"connections", one.opened},
                             {"left_open", one.seen.threads_connected},
                             {"aborted_clients", one.seen.aborted_clients},
                             {"aborted_connects", one.seen.aborted_connects}};
        }
        rows.push_back(row);
    }
    const boost::json::object all{{"database", server.version()},
                                  {"real", server.what() == database::kind::mariadb},
                                  {"rows", rows}};
    return boost::json::serialize(all) + '\n';
}

std::string to_svg(std::span<const lap> laps) {
    constexpr int label = 190, width = 420, line = 22, gap = 34, right = 80;
    const auto rows = equals(laps);
    std::string body;
    int y = 24;
    for (const chart& of : charts) {
        const double most = largest(of, rows);
        body += fmt::format("<text class=\"t\" x=\"{}\" y=\"{}\">{}</text>\n", label, y,
                            of.title);
        for (const lap* one : rows) {
            y += line;
            const double value = of.value(*one);
            const double length = std::max(1.0, value / most * width);
            const bool python = one->contestant.name.starts_with("python");
            body += fmt::format(
                "<text class=\"l\" x=\"{}\" y=\"{}\">{}</text>"
                "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"14\"/>"
                "<text x=\"{:.1f}\" y=\"{}\">{}</text>\n",
                label - 8, y, one->contestant.title, python ? "p" : "b", label, y - 12,
                length, label + length + 6, y, of.text(value));
        }
        y += gap;
    }
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" "
        "font-family=\"sans-serif\" font-size=\"13\">\n"
        "<title>500 databases, 500 in flight: time and memory of every way</title>\n"
        "<style>text{{fill:#57606a}}.t{{font-weight:bold}}.l{{text-anchor:end}}"
        ".b{{fill:#2f81f7}}.p{{fill:#bf8700}}"
        "@media(prefers-color-scheme:dark){{text{{fill:#9da7b3}}}}</style>\n{}</svg>\n",
        label + width + right, y - gap + 12, body);
}

} // namespace ladder::five_hundred_databases
