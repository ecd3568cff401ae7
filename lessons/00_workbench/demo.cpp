#include "demo.hpp"

#include "stopwatch.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <numeric>

namespace ladder {

namespace {

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

std::vector<std::string> read_lines(const std::string& file) {
    std::ifstream opened;
    if (file != "-") {
        opened.open(file);
        if (!opened) throw CLI::ValidationError{file, "cannot be read"};
    }
    std::istream& lines = file == "-" ? std::cin : opened;
    std::vector<std::string> result;
    for (std::string line; std::getline(lines, line);)
        if (!line.empty()) result.push_back(line);
    return result;
}

int fetch(fetch_all_function fetch_all, std::span<const std::string> arguments) {
    std::vector<std::string> urls;
    std::string file;
    fetch_options options;
    double timeout_in_seconds = 10;
    bool quiet = false;

    CLI::App app{"Fetches pages the way this rung does."};
    app.name("fetch");
    app.add_option("URL", urls, "pages to fetch");
    app.add_option("-i,--input", file, "a file with one URL per line; - for stdin");
    app.add_option("--in-flight", options.in_flight, "pages at the same time")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--timeout", timeout_in_seconds, "for one page, in seconds")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_flag("-q,--quiet", quiet, "only the summary");
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        app.parse(reversed);
        if (!file.empty()) {
            const auto lines = read_lines(file);
            urls.insert(urls.end(), lines.begin(), lines.end());
        }
        if (urls.empty()) throw CLI::RequiredError{"a URL, or -i FILE"};
    } catch (const CLI::ParseError& error) {
        const int status = app.exit(error);
        return status == 0 ? 0 : 2;
    }
    options.timeout =
        std::chrono::milliseconds{static_cast<long long>(timeout_in_seconds * 1000)};

    const stopwatch watch;
    const std::vector<page> pages = fetch_all(urls, options);
    const auto measured = watch.elapsed();

    std::size_t failed = 0;
    for (const page& p : pages) {
        failed += p.error ? 1 : 0;
        if (quiet) continue;
        const double ms = static_cast<double>(p.elapsed.count()) / 1000;
        if (p.error)
            fmt::print("{:>8.1f} ms  {}  {}\n", ms, p.url, p.error.message());
        else
            fmt::print("{:>8.1f} ms  {}  {}  {} bytes\n", ms, p.url, p.status,
                       p.body.size());
    }
    fmt::print("{} pages, {} failed, {}\n", pages.size(), failed, format(measured));
    return failed == 0 ? 0 : 1;
}

} // namespace

std::string_view closest(std::string_view word, std::span<const std::string_view> words) {
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 2) + 1;
    for (const std::string_view candidate : words) {
        const std::size_t d = distance(word, candidate);
        if (d < best_distance) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}

int run_demos(int argc, char** argv, std::initializer_list<demo> demos) try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    std::string program = argc > 0 ? argv[0] : "";
    program.erase(0, program.rfind('/') + 1);

    if (arguments.empty()) return demos.begin()->run({});
    const std::string& name = arguments[0];
    if (name == "-h" || name == "--help") {
        fmt::print("{} [demo] [arguments]\n\n", program);
        for (const demo& d : demos)
            fmt::print("  {:<12} {}\n", d.name, d.what);
        fmt::print("\nWithout a name it runs '{}'.\n", demos.begin()->name);
        return 0;
    }
    std::vector<std::string_view> names;
    for (const demo& d : demos) {
        if (d.name == name) return d.run(std::span{arguments}.subspan(1));
        names.push_back(d.name);
    }
    const std::string_view guess = closest(name, names);
    fmt::print(stderr, "{}: there is no demo '{}'; {}\n", program, name,
               guess.empty() ? std::string{"--help lists them"}
                             : fmt::format("did you mean '{}'?", guess));
    return 2;

} catch (const std::exception& error) {

    fmt::print(stderr, "{}: {}\n", argc > 0 ? argv[0] : "ladder", error.what());
    return 1;
}

demo fetch_demo(fetch_all_function fetch_all) {
    return {"fetch", "fetch a list of pages: fetch [URL...] [-i FILE] (--help)",
            [fetch_all](std::span<const std::string> arguments) {
                return fetch(fetch_all, arguments);
            }};
}

} // namespace ladder
