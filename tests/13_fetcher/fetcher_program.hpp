#pragma once

// What the tests of the program have in common: run it, read what it leaves.

#include "fetcher/sha256.hpp"
#include "running_program.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/temporary.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::fetcher::test {

namespace fs = std::filesystem;

inline const std::string program = LADDER_BIN_DIR "/fetcher";

/// What this machine has for a proxy does not know our servers.
inline const int without_proxies = ::setenv("no_proxy", "*", 1);

inline std::vector<std::string> command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), program);
    return arguments;
}

inline ended_program run(std::vector<std::string> arguments,
                         const running_program::options& options = {}) {
    return running_program{command(std::move(arguments)), options}.wait();
}

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// One that everybody may enter.
class scratch_folder : public temporary_folder {
public:
    scratch_folder() { fs::permissions(path(), fs::perms{0755}); }
};

inline std::string read_file(const std::string& name) {
    std::ifstream file{name, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

inline void write_file(const std::string& name, std::string_view content) {
    std::ofstream{name, std::ios::binary} << content;
}

inline std::string digest(std::string_view text) {
    sha256 hash;
    hash.update(text);
    return hash.finish();
}

/// One result line, taken apart.
struct result {
    std::uint64_t n = 0; ///< Which line of the list.
    std::string url;
    std::int64_t status = 0;
    std::uint64_t bytes = 0;
    std::string sha256; ///< This and the next two: empty for null.
    std::string file;
    std::string error;
    std::int64_t attempts = 0;
    double elapsed_ms = 0;
    std::int64_t worker = -1; ///< -1 for null.
};

/// Checks that there are whole lines of valid JSON and nothing else.
inline std::vector<result> parse_results(const std::string& text) {
    REQUIRE((text.empty() || text.back() == '\n'));
    const auto text_or_null = [](const boost::json::value& v) {
        return v.is_null() ? std::string{} : std::string{v.as_string()};
    };
    std::vector<result> results;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        boost::system::error_code error;
        const boost::json::value v = boost::json::parse(line, error);
        REQUIRE_FALSE(error);
        REQUIRE(v.as_object().size() ==
                (v.as_object().contains("final_url") ? 12U : 10U));
        results.push_back(
            {.n = v.at("n").to_number<std::uint64_t>(),
             .url = text_or_null(v.at("url")),
             .status = v.at("status").as_int64(),
             .bytes = v.at("bytes").to_number<std::uint64_t>(),
             .sha256 = text_or_null(v.at("sha256")),
             .file = text_or_null(v.at("file")),
             .error = text_or_null(v.at("error")),
             .attempts = v.at("attempts").as_int64(),
             .elapsed_ms = v.at("elapsed_ms").to_number<double>(),
             .worker = v.at("worker").is_null() ? -1 : v.at("worker").as_int64()});
    }
    return results;
}

/// By URL; fails when a URL has more than one line.
inline std::map<std::string, result> results_by_url(const std::string& text) {
    std::map<std::string, result> found;
    for (const result& r : parse_results(text)) {
        INFO(r.url);
        REQUIRE(found.emplace(r.url, r).second);
    }
    return found;
}

/// How many lines; one without its end counts too.
inline std::size_t count_lines(const std::string& text) {
    std::istringstream lines{text};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);)
        ++count;
    return count;
}

inline std::vector<std::string> files_below(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator{folder})
        if (entry.is_regular_file()) names.push_back(entry.path().string());
    return names;
}

inline std::size_t parts_below(const std::string& folder) {
    std::size_t parts = 0;
    for (const auto& name : files_below(folder))
        parts += name.ends_with(".part") ? 1 : 0;
    return parts;
}

/// The workers' folders of parts.
inline std::size_t parts_folders(const std::string& folder) {
    std::size_t found = 0;
    for (const auto& entry : fs::directory_iterator{folder})
        found += entry.path().filename().string().starts_with(".parts") ? 1 : 0;
    return found;
}

/// A line for each of pages 0 to `count` - 1.
inline std::string page_list(const slow_server& server, int count,
                             std::string_view query = "") {
    std::string list;
    for (int i = 0; i < count; ++i)
        list += server.url(fmt::format("/page/{}{}\n", i, query));
    return list;
}

/// Every page has exactly one result, no error, and is saved as it should be.
inline void check_all_pages(const slow_server& server, int count, std::string_view query,
                            const std::string& results, const std::string& folder) {
    const auto found = results_by_url(results);
    CHECK(found.size() == static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        const std::string url = server.url(fmt::format("/page/{}{}", i, query));
        INFO(url);
        REQUIRE(found.contains(url));
        const result& r = found.at(url);
        const std::string body = slow_server::page_body(static_cast<std::uint64_t>(i));
        CHECK(r.error == "");
        CHECK(r.status == 200);
        CHECK(r.bytes == body.size());
        CHECK(r.sha256 == digest(body));
        CHECK(digest(read_file(folder + '/' + r.file)) == r.sha256);
    }
    CHECK(files_below(folder + "/pages").size() == static_cast<std::size_t>(count));
    CHECK(parts_folders(folder) == 0);
}

/// A pipe; what is still open is closed at the end.
struct pipe_ends {
    int read = -1;
    int write = -1;

    pipe_ends() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error{"no pipe"};
        read = ends[0];
        write = ends[1];
    }

    ~pipe_ends() {
        close(read);
        close(write);
    }

    pipe_ends(const pipe_ends&) = delete;
    pipe_ends& operator=(const pipe_ends&) = delete;

    static void close(int& end) {
        if (end >= 0) ::close(std::exchange(end, -1));
    }
};

} // namespace ladder::fetcher::test
