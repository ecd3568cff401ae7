#include "demo.hpp"

#include "closest.hpp"
#include "http_url.hpp"
#include "last_error.hpp"
#include "option_parser.hpp"
#include "stopwatch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>

namespace ladder {

namespace {

/// Adds the lines of a file; "-" is the standard input. False if it cannot be read.
bool add_lines(const std::string& file, std::vector<std::string>& result) {
    std::ifstream opened;
    if (file != "-") {
        opened.open(file);
        if (!opened || std::filesystem::is_directory(file)) return false;
    }
    std::istream& lines = file == "-" ? std::cin : opened;
    for (std::string line; std::getline(lines, line);)
        if (!line.empty()) result.push_back(line);
    return true;
}

int fetch(fetch_all_function fetch_all, arguments given) {
    std::vector<std::string> urls;
    std::string file;
    fetch_options fetch_how{.timeout = std::chrono::seconds{10}};
    bool quiet = false;

    option_parser options{"fetch", "Fetches pages the way this rung does."};
    options.texts("URL", &urls, "pages to fetch");
    options.text("-i,--input", &file, "a file with one URL per line; - for stdin")
        .value("FILE");
    options.number("--in-flight", &fetch_how.in_flight, "pages at the same time", {1});
    options.duration("--timeout", &fetch_how.timeout, "for one page");
    options.flag("-q,--quiet", &quiet, "only the summary");
    if (const auto status = options.parse(given)) return *status;
    if (!file.empty() && !add_lines(file, urls))
        return options.refuse(file + " cannot be read");
    if (urls.empty())
        return options.refuse(file.empty() ? "it takes a URL, or -i FILE"
                                           : file + " has no URL");

    const stopwatch watch;
    const std::vector<page> pages = fetch_all(urls, fetch_how);
    const auto measured = watch.elapsed();

    std::size_t failed = 0;
    for (const page& p : pages) {
        failed += p.error ? 1 : 0;
        if (quiet) continue;
        const std::string url = shown_url(p.url);
        const double ms = static_cast<double>(p.elapsed.count()) / 1000;
        if (p.error)
            fmt::print("{:>8.1f} ms  {}  {}\n", ms, url, p.error.message());
        else
            fmt::print("{:>8.1f} ms  {}  {}  {} bytes\n", ms, url, p.status,
                       p.body.size());
    }
    fmt::print("{} pages, {} failed, {}\n", pages.size(), failed, format(measured));
    return failed == 0 ? 0 : 1;
}

} // namespace

demo::demo(std::string_view n, std::string_view w, run_function r)
    : name(n),
      what(w),
      run(std::move(r)) {}

demo::demo(std::string_view n, std::string_view w, int (*r)())
    : demo(n, w, [n, w, r](arguments given) {
          option_parser options{std::string{n}, std::string{w}};
          const auto status = options.parse(given);
          return status ? *status : r();
      }) {}

namespace {

std::string name_of_program(int argc, char** argv) {
    const std::string path = argc > 0 ? argv[0] : "ladder";
    return path.substr(path.rfind('/') + 1); // npos + 1 is 0
}

int run_one(const std::string& program, std::span<const std::string> words,
            std::initializer_list<demo> demos) {
    if (words.empty()) return demos.begin()->run({});
    const std::string& name = words[0];
    if (name == "-h" || name == "--help") {
        fmt::print("{} [demo] [arguments]\n\n", program);
        std::size_t width = 12;
        for (const demo& d : demos)
            width = std::max(width, d.name.size());
        for (const demo& d : demos)
            fmt::print("  {:<{}} {}\n", d.name, width, d.what);
        fmt::print("\nWithout a name it runs '{}'.\n", demos.begin()->name);
        return 0;
    }
    std::vector<std::string_view> names;
    for (const demo& d : demos) {
        if (d.name == name) return d.run(words.subspan(1));
        names.push_back(d.name);
    }
    const bool option = name.starts_with('-');
    if (option) names = {"--help", "--timeline", "--broken"}; // some are ./learn run's
    const std::string_view guess = closest(name, names);
    if (guess == name) {
        fmt::print(stderr, "{}: {} stands right behind the rung: ./learn run NN {}\n",
                   program, name, name);
        return 2;
    }
    fmt::print(stderr, "{}: there is no {} '{}'; {}\n", program,
               option ? "option" : "demo", name,
               guess.empty() ? std::string{"--help lists them"}
                             : fmt::format("did you mean '{}'?", guess));
    return 2;
}

} // namespace

int run_demos(int argc, char** argv, std::initializer_list<demo> demos) try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const int status = run_one(name_of_program(argc, argv), words, demos);
    if (std::fflush(stdout) != 0) throw last_error("standard output");
    return status;
} catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name_of_program(argc, argv), error.what());
    return 1;
}

demo fetch_demo(fetch_all_function fetch_all) {
    return {"fetch", "fetch a list of pages: fetch [URL...] [-i FILE] (--help)",
            [fetch_all](arguments given) { return fetch(fetch_all, given); }};
}

} // namespace ladder
