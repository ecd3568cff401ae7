// In one thread: ThreadSanitizer has nothing to say here.

// The command line: what every program understands, and what it says when it does not.

#include "workbench/option_parser.hpp"
#include "workbench/quantity.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

using namespace ladder;
using namespace std::chrono_literals;

namespace {

/// Keeps what is written to a descriptor, as long as it lives.
class captured {
public:
    explicit captured(int fd) : fd_(fd), before_(::dup(fd)), file_(std::tmpfile()) {
        std::fflush(nullptr);
        ::dup2(::fileno(file_), fd_);
    }

    ~captured() {
        std::fflush(nullptr);
        ::dup2(before_, fd_);
        ::close(before_);
        std::fclose(file_);
    }

    captured(const captured&) = delete;
    captured& operator=(const captured&) = delete;

    std::string text() const {
        std::fflush(nullptr);
        std::array<char, 8192> bytes{};
        const auto size = ::pread(::fileno(file_), bytes.data(), bytes.size(), 0);
        return {bytes.data(), static_cast<std::size_t>(size < 0 ? 0 : size)};
    }

private:
    int fd_;
    int before_;
    std::FILE* file_;
};

/// One program with an option of each kind.
struct program {
    int count = 3;
    std::uint16_t port = 8080;
    std::chrono::milliseconds timeout = 10s, delay = 100ms;
    std::uint64_t bytes = 10'000'000;
    std::string file, when = "auto", text = "before";
    std::vector<std::string> urls;
    std::uint64_t free = 0;
    bool quiet = false;
    std::string said; ///< On stderr, or on stdout by the help.

    std::optional<int> parse(const std::vector<std::string>& arguments) {
        option_parser options{"program", "What it does."};
        options.texts("URL", &urls, "pages");
        options.number("-n,--count", &count, "how many", {1, 100});
        options.number("--port", &port, "where", {});
        options.duration("--timeout", &timeout, "for a page");
        options.duration("--delay", &delay, "of a page",
                         {.least = {}, .most = 1min, .bare = "ms"});
        options.size("--max-bytes", &bytes, "of a page");
        options.size("--min-free", &free, "none is 0", 0);
        options.text("-i,--input", &file, "a list")
            .value("FILE")
            .check(
                [](const std::string& name) { return name == "bad" ? "it is bad" : ""; });
        options.text("--text", &text, "words");
        options.choice("--progress", &when, {"auto", "never"}, "a bar");
        options.flag("-q,--quiet", &quiet, "no words");
        const captured out{STDOUT_FILENO}, err{STDERR_FILENO};
        const auto status = options.parse(arguments);
        said = out.text() + err.text();
        return status;
    }
};

/// What is said about this wrong command line, which must have status 2.
std::string refused(const std::vector<std::string>& arguments) {
    program p;
    CHECK(p.parse(arguments) == 2);
    return p.said;
}

} // namespace

TEST_CASE(
    "what is not given keeps its default, and what is given goes where it belongs") {
    program p;
    CHECK(p.parse({}) == std::nullopt);
    CHECK((p.count == 3 && p.port == 8080 && p.timeout == 10s && p.bytes == 10'000'000));
    CHECK((p.urls.empty() && p.file.empty() && p.when == "auto" && !p.quiet));

    CHECK(p.parse({"a", "-n", "7", "--port=65535", "b", "--timeout", "1.5m", "--delay",
                   "0", "--max-bytes", "64KiB", "--min-free", "0", "-i", "list",
                   "--progress", "never", "-q"}) == std::nullopt);
    CHECK((p.count == 7 && p.port == 65535 && p.timeout == 90s && p.delay == 0ms));
    CHECK((p.bytes == 65536 && p.file == "list" && p.when == "never" && p.quiet));
    CHECK(p.urls == std::vector<std::string>{"a", "b"});
}

TEST_CASE("an empty value is a value, and a flag has none") {
    program p;
    CHECK(p.parse({"--text=", "a"}) == std::nullopt);
    CHECK((p.text.empty() && p.urls == std::vector<std::string>{"a"}));
    CHECK(refused({"--input=", "a"}) ==
          "program: --input: it has no name (--help shows how)\n");
    CHECK(refused({"-i", ""}) == refused({"--input="}));
    CHECK(refused({"--port=", "1"}) == refused({"--port", "", "1"}));
    for (const char* word : {"--quiet=true", "--quiet=no", "--quiet=", "--quiet=x"})
        CHECK(refused({word}) == "program: --quiet takes no value (--help shows how)\n");
    program q;
    CHECK(q.parse({"-q", "--", "a", "--port="}) == std::nullopt);
    CHECK((q.quiet && q.urls == std::vector<std::string>{"a", "--port="}));
    CHECK(refused({"--a\nb\x1b"}).starts_with("program: there is no option '--a?b?'"));
}

TEST_CASE("a wrong value names the option, the value and a right one") {
    CHECK(refused({"-n", "0"}) == "program: --count: '0' is no whole number from 1 to "
                                  "100; e.g. 3 (--help shows how)\n");
    CHECK(refused({"--count", "many"}) == refused({"-n", "many"}));
    CHECK(refused({"--port", "65536"}) ==
          "program: --port: '65536' is no whole number from 0 to 65535; e.g. 8080 "
          "(--help shows how)\n");
    CHECK(refused({"--timeout", "soon"}) ==
          "program: --timeout: 'soon' is no duration like 10s, 500ms or 2m (--help shows "
          "how)\n");
    CHECK(refused({"--timeout", "0"}) ==
          "program: --timeout: '0' is no duration from 1ms to 8760h; e.g. 10s (--help "
          "shows how)\n");
    CHECK(refused({"--max-bytes", "1mb"}) ==
          "program: --max-bytes: '1mb' is no size like 10MB, 64KiB or 1000 (bytes) "
          "(--help shows how)\n");
    CHECK(refused({"--progress", "maybe"}) ==
          "program: --progress: there is no 'maybe'; there are: auto, never (--help "
          "shows how)\n");
    CHECK(refused({"-i", "bad"}) == "program: --input: it is bad (--help shows how)\n");
}

TEST_CASE("a duration without a unit is refused where it could be taken for another") {
    std::chrono::milliseconds time{500};
    option_parser options{"program", ""};
    options.duration("--timeout", &time, "", {.bare = ""});
    const captured err{STDERR_FILENO};
    CHECK(options.parse(std::vector<std::string>{"--timeout", "5"}) == 2);
    CHECK(err.text() == "program: --timeout: '5' is no duration without its unit; e.g. "
                        "5ms (--help shows how)\n");
    CHECK(options.parse(std::vector<std::string>{"--timeout", "5ms"}) == std::nullopt);
    CHECK(time == 5ms);
}

TEST_CASE("an option that is given again has its last value, and all are looked at") {
    int count = 3;
    option_parser options{"program", ""};
    options.number("-n,--count", &count, "", {1, 100});
    CHECK(options.parse(std::vector<std::string>{"-n", "1", "--count=2"}) ==
          std::nullopt);
    CHECK(count == 2);
    CHECK(refused({"-n", "0", "-n", "1"}) == refused({"-n", "0"}));
    CHECK(refused({"-n", "1", "-n"}) == refused({"-n"}));
}

TEST_CASE("what is missing, unknown or too much gets one line, and a suggestion") {
    CHECK(refused({"--timeout"}) ==
          "program: --timeout needs a value, e.g. 10s (--help shows how)\n");
    CHECK(refused({"a", "-i"}) == "program: --input needs a value (--help shows how)\n");
    CHECK(refused({"--tmieout", "3s"}) == "program: there is no option '--tmieout'; did "
                                          "you mean '--timeout'? (--help shows how)\n");
    CHECK(refused({"--count=3", "--xyzzy=1"}) ==
          "program: there is no option '--xyzzy' (--help shows how)\n");

    option_parser options{"demo", ""};
    const captured err{STDERR_FILENO};
    CHECK(options.parse(std::vector<std::string>{"x"}) == 2);
    CHECK(err.text() == "demo: 'x' is one argument too many (--help shows how)\n");
}

TEST_CASE("a typing error is named before what is required") {
    std::string host;
    option_parser options{"program", ""};
    options.text("HOST", &host, "").required();
    bool all = false;
    options.flag("--all", &all, "");
    const captured err{STDERR_FILENO};
    CHECK(options.parse(std::vector<std::string>{"--al"}) == 2);
    CHECK(options.parse(std::vector<std::string>{}) == 2);
    CHECK(err.text() ==
          "program: there is no option '--al'; did you mean '--all'? (--help "
          "shows how)\nprogram: HOST is required (--help shows how)\n");
}

TEST_CASE("the help shows each option with its default, and is no error") {
    program p;
    CHECK(p.parse({"--help"}) == 0);
    for (const char* part :
         {"What it does.", "-n,--count N", "3", "--timeout TIME", "10s", "--delay TIME",
          "100ms", "--max-bytes SIZE", "10MB", "-i,--input FILE", "-q,--quiet", "[URL"}) {
        INFO(part << '\n' << p.said);
        CHECK(p.said.find(part) != std::string::npos);
    }
}

TEST_CASE("commands have options of their own") {
    bool json = false;
    int times = 1;
    option_parser options{"learn", "", "./learn help"};
    option_parser& list = options.command("list", "");
    list.flag("--json", &json, "");
    option_parser& dev = options.command("dev", "");
    option_parser& check = dev.command("check", "");
    check.number("--times", &times, "", {1, 9});

    CHECK(options.parse(std::vector<std::string>{"dev", "check", "--times", "4"}) ==
          std::nullopt);
    CHECK((dev.chosen() && check.chosen() && !list.chosen() && times == 4));
    const captured err{STDERR_FILENO};
    CHECK(options.parse(std::vector<std::string>{"list", "--jsn"}) == 2);
    CHECK(err.text() ==
          "learn: there is no option '--jsn'; did you mean '--json'? (./learn help)\n");
}

TEST_CASE("a command that is none is told from an argument, and whose an option is") {
    option_parser options{"learn", "", "help"};
    bool json = false;
    options.command("list", "").flag("--json", &json, "");
    options.command("verify", "");
    const auto said = [&](std::vector<std::string> words) {
        const captured err{STDERR_FILENO};
        CHECK(options.parse(words) == 2);
        return err.text();
    };
    CHECK(said({"lsit"}) ==
          "learn: there is no command 'lsit'; did you mean 'list'? (help)\n");
    CHECK(said({"xyz"}) ==
          "learn: there is no command 'xyz'; the commands are: list, verify (help)\n");
    CHECK(said({"list", "x"}) == "learn: 'x' is one argument too many (help)\n");
    CHECK(said({"verify", "--json"}) == "learn: '--json' is an option of list (help)\n");
}

TEST_CASE("durations") {
    CHECK(parse_duration("10s") == 10s);
    CHECK(parse_duration("10") == 10s);
    CHECK(parse_duration("0.5") == 500ms);
    CHECK(parse_duration("1.5m") == 90s);
    CHECK(parse_duration("1h") == 1h);
    CHECK(parse_duration("7ms") == 7ms);
    for (const char* wrong : {"", "s", "-1s", "0", "0s", "1x", "1 s", "1ss", "inf", "nan",
                              "0.1ms", "99999999h", "1e300"}) {
        INFO(wrong);
        CHECK_FALSE(parse_duration(wrong));
    }
}

TEST_CASE("sizes") {
    CHECK(parse_size("1000") == 1000u);
    CHECK(parse_size("10MB") == 10'000'000u);
    CHECK(parse_size("1.5kB") == 1500u);
    CHECK(parse_size("2KB") == 2000u);
    CHECK(parse_size("64KiB") == 65536u);
    CHECK(parse_size("1GiB") == 1073741824u);
    for (const char* wrong : {"", "MB", "-1", "0", "1 MB", "1mb", "1e30", "inf"}) {
        INFO(wrong);
        CHECK_FALSE(parse_size(wrong));
    }
}
