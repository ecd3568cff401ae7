// In one thread: ThreadSanitizer has nothing to say here.

#include "fetcher/command_line.hpp"
#include "fetcher_program.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include <sched.h>

using namespace ladder::fetcher;
using namespace std::chrono_literals;

namespace {

std::optional<command_line> parse(std::vector<std::string> words, int& status) {
    words.insert(words.begin(), "fetcher");
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    return parse_command_line(static_cast<int>(words.size()), argv.data(), status);
}

command_line parse(std::vector<std::string> words) {
    int status = -1;
    const auto parsed = parse(std::move(words), status);
    REQUIRE(parsed);
    return *parsed;
}

} // namespace

TEST_CASE("what is not said has a default") {
    cpu_set_t cores;
    REQUIRE(::sched_getaffinity(0, sizeof cores, &cores) == 0);

    const command_line c = parse({"http://x/"});
    CHECK(c.urls == std::vector<std::string>{"http://x/"});
    CHECK(c.input == "");
    CHECK(c.folder == "");
    CHECK(c.results == "");
    CHECK(c.stuck_after == 30s);
    CHECK(c.processes == static_cast<std::size_t>(CPU_COUNT(&cores)));
    CHECK(c.concurrency == 64);
    CHECK(c.timeout == 10s);
    CHECK(c.connect_timeout == 3s);
    CHECK(c.retries == 2);
    CHECK(c.max_bytes == 10'000'000);
    CHECK(c.progress == show_progress::automatic);
    CHECK_FALSE(c.quiet);
}

TEST_CASE("every option is understood") {
    const command_line c = parse({"http://x/", "-i",
                                  "-",         "-o",
                                  "out",       "--results",
                                  "r",         "-p",
                                  "3",         "-c",
                                  "500",       "--timeout",
                                  "2m",        "--connect-timeout",
                                  "250ms",     "--retries",
                                  "0",         "--max-bytes",
                                  "64KiB",     "--user-agent",
                                  "me/2",      "--progress",
                                  "never",     "--quiet",
                                  "http://y/"});
    CHECK(c.urls == std::vector<std::string>{"http://x/", "http://y/"});
    CHECK(c.input == "-");
    CHECK(c.folder == "out");
    CHECK(c.results == "r");
    CHECK(c.processes == 3);
    CHECK(c.concurrency == 500);
    CHECK(c.timeout == 2min);
    CHECK(c.connect_timeout == 250ms);
    CHECK(c.retries == 0);
    CHECK(c.max_bytes == 65536);
    CHECK(c.user_agent == "me/2");
    CHECK(c.progress == show_progress::never);
    CHECK(c.quiet);

    const command_line lengthy =
        parse({"http://x/", "--processes", "4", "--concurrency", "5"});
    CHECK(lengthy.processes == 4);
    CHECK(lengthy.concurrency == 5);
}

TEST_CASE("wrong usage is status 2 and one line") {
    for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
             {},
             {"--no-such-option", "http://x/"},
             {"-p", "0", "http://x/"},
             {"-p", "257", "http://x/"},
             {"-p", "many", "http://x/"},
             {"-c", "0", "http://x/"},
             {"-c", "-1", "http://x/"},
             {"--timeout", "soon", "http://x/"},
             {"--connect-timeout", "0", "http://x/"},
             {"--retries", "-1", "http://x/"},
             {"--max-bytes", "0", "http://x/"},
             {"--progress", "maybe", "http://x/"},
             {"--user-agent", "a\r\nInjected: b", "http://x/"},
             {"http://x/", "-i"}}) {
        const auto ended = test::run(wrong);
        INFO(ended.err);
        CHECK(ended.status == 2);
        CHECK(ended.out == "");
        CHECK(test::count_lines(ended.err) == 1);
        CHECK(ended.err.starts_with("fetcher: "));
    }
}

TEST_CASE("help is no error") {
    const auto ended = test::run({"--help", "all"});
    CHECK(ended.status == 0);
    CHECK(ended.err == "");
    for (const char* option :
         {"--input", "--output", "--results", "--processes", "--concurrency", "--timeout",
          "--connect-timeout", "--retries", "--max-bytes", "--user-agent", "--progress",
          "--quiet"}) {
        INFO(option);
        CHECK(ended.out.find(option) != std::string::npos);
    }
}
