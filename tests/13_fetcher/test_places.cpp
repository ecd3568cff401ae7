// The program among bad files, full disks, closed descriptors and terminals.

#include "fetcher_program.hpp"
#include "mounts.hpp"
#include "sanitizer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <csignal>
#include <string>

#include <fcntl.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace ladder::fetcher;
using namespace ladder::fetcher::test;
using ladder::running_program;
using ladder::slow_server;

namespace {

/// What is wrong with the surroundings is said in one line before anything is fetched.
void check_refused(const slow_server& server, const ladder::ended_program& ended,
                   const std::string& says) {
    CHECK(ended.status == 2);
    CHECK(ended.err == "fetcher: " + says + '\n');
    CHECK(ended.out == "");
    CHECK(server.stats().requests == 0);
}

} // namespace

TEST_CASE("a list that is not there or no file") {
    const slow_server server;
    check_refused(server, run({"-i", "/no/such/list", server.url("/")}),
                  "/no/such/list: No such file or directory");
    check_refused(server, run({"-i", "/", server.url("/")}), "/: Is a directory");
    check_refused(
        server,
        run({"-i", "-", server.url("/")}, {.prepare = [] { ::close(STDIN_FILENO); }}),
        "standard input: Bad file descriptor");
}

TEST_CASE("results that cannot be written to") {
    const slow_server server;
    check_refused(server, run({"--results", "/no/such/file", server.url("/")}),
                  "/no/such/file: No such file or directory");
    check_refused(server, run({"--results", "/", server.url("/")}), "/: Is a directory");
    check_refused(server,
                  run({server.url("/")}, {.prepare = [] { ::close(STDOUT_FILENO); }}),
                  "standard output: Bad file descriptor");
}

TEST_CASE("results never overwrite the list") {
    const slow_server server;
    const scratch_folder folder;
    write_file(folder / "list", server.url("/page/1\n"));
    const std::string list = folder / "list";
    check_refused(server, run({"-i", list, "--results", list}),
                  list + " is the list of URLs: File exists");
    CHECK(read_file(list) == server.url("/page/1\n"));
}

TEST_CASE("a folder that is none or cannot be made") {
    const slow_server server;
    const scratch_folder folder;
    write_file(folder / "file", "");
    const std::string file = folder / "file";
    check_refused(server, run({"-o", file, server.url("/")}), file + ": Not a directory");
    check_refused(server, run({"-o", "/no/such/folder", server.url("/")}),
                  "/no/such/folder: No such file or directory");
}

TEST_CASE("a folder that others own") {
    if (::getuid() != 0) SKIP("only root can become somebody else");
    const slow_server server;
    const scratch_folder folder;
    const std::string name = folder / "";
    const auto somebody = [] {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(99);
    };
    check_refused(server, run({"-o", name, server.url("/")}, {.prepare = somebody}),
                  name + ": Permission denied");
}

TEST_CASE("a folder in which nothing can be made is found out at the first page") {
    if (::getuid() != 0) SKIP("only root can become somebody else");
    const slow_server server;
    const scratch_folder folder;
    fs::create_directory(folder / "pages");
    fs::permissions(folder / "pages", fs::perms{0777});
    pipe_ends in;
    running_program fetcher{
        command({"-i", "-", "-o", folder / "pages", "--progress", "never"}),
        {.input = in.read, .prepare = [] {
             if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(99);
         }}};
    ladder::wait_until([&] { return fs::exists(folder / "pages/job.json"); }, "the job");
    fs::create_directory(folder / "pages/pages"); // root's
    const std::string line = server.url("/page/1\n");
    REQUIRE(::write(in.write, line.data(), line.size()) > 0);
    const auto ended = fetcher.wait();
    CHECK(ended.status == 1);
    CHECK(read_file(folder / "pages/results.jsonl") == ""); // it is not the page's fault
    CHECK(ended.err.starts_with("fetcher: cannot save pages in " + folder / "pages" +
                                ": Permission denied; stopping\n"));
}

TEST_CASE("a disk that is full stops the run, and nothing is half-written") {
    const slow_server server;
    const scratch_folder folder;
    const std::string disk = folder / "disk";
    const small_tmpfs mounted{disk, "600k"};
    // Nothing big comes before the journal has its first block, which is enough for all
    // that fit here: so it is a page that meets the full disk first.
    std::string list = server.url("/page/1\n");
    for (int i = 0; i < 4; ++i)
        list += server.url(fmt::format("/gate/5?i={}\n", i));
    for (int i = 0; i < 2'000; ++i)
        list += server.url(fmt::format("/bytes/{}\n", 60'000 + i));
    write_file(folder / "list", list);
    running_program fetcher{command({"-i", folder / "list", "-o", disk + "/pages",
                                     "--results", folder / "results", "-p", "1", "-c",
                                     "4", "--timeout", "1h", "--progress", "never"})};
    ladder::wait_until([&] { return read_file(folder / "results") != ""; },
                       "the first page");
    CHECK(run({server.url("/gate/5?i=5"), "-q"}).status == 0);

    const auto ended = fetcher.wait();
    CHECK(ended.status == 1);
    // Mostly the journal finds no room either, which is told in the last line.
    CHECK(ended.err.starts_with("fetcher: cannot save pages in " + disk +
                                "/pages: No space left on device; stopping\n"));
    CHECK(ended.err.ends_with("go on with: fetcher resume " + disk + "/pages\n"));
    for (const auto& r : parse_results(read_file(disk + "/pages/results.jsonl"))) {
        CHECK(r.error == "");
        CHECK(digest(read_file(disk + "/pages/" + r.file)) == r.sha256);
    }
    CHECK(files_below(disk + "/pages/pages").size() > 5);
    CHECK(parts_folders(disk + "/pages") == 0);
    CHECK(server.stats().requests < 1'000);
}

TEST_CASE("results on a full disk") {
    const slow_server server;
    const auto ended = run({server.url("/page/1"), "--results", "/dev/full"});
    CHECK(ended.status == 1);
    CHECK(ended.err.ends_with("fetcher: /dev/full: No space left on device\n"));
}

TEST_CASE("results beyond the allowed size of a file end with a whole line") {
    const slow_server server;
    const scratch_folder folder;
    write_file(folder / "list", page_list(server, 3'000));
    const auto ended =
        run({"-i", folder / "list", "--results", folder / "results"}, {.prepare = [] {
                const rlimit limit{100'001, 100'001};
                ::setrlimit(RLIMIT_FSIZE, &limit);
            }});
    CHECK(ended.status == 1);
    const std::string line = "fetcher: " + folder / "results" + ": File too large\n";
    CHECK(ended.err.ends_with(line)); // AddressSanitizer warns of exceptions in fibers
    if (!ladder::address_sanitizer) CHECK(ended.err == line);
    const std::string text = read_file(folder / "results");
    CHECK(text.size() <= 100'001);
    CHECK(results_by_url(text).size() > 300);
}

TEST_CASE("a page beyond the allowed size of a file is an error") {
    const slow_server server;
    const scratch_folder folder;
    const auto ended =
        run({server.url("/bytes/200000"), "-o", folder / "pages"}, {.prepare = [] {
                const rlimit limit{100'000, 100'000};
                ::setrlimit(RLIMIT_FSIZE, &limit);
            }});
    CHECK(ended.status == 1);
    CHECK(ended.err.find("File too large; stopping\n") != std::string::npos);
    CHECK_FALSE(fs::exists(folder / "pages/pages"));
}

TEST_CASE("nobody reads the results") {
    const slow_server server;
    pipe_ends out;
    pipe_ends::close(out.read);
    const auto ended = run({server.url("/page/1")},
                           {.prepare = [&] { ::dup2(out.write, STDOUT_FILENO); }});
    CHECK(ended.status == 1);
    CHECK(ended.err.ends_with("fetcher: nobody reads the results any more; stopped\n"));
}

TEST_CASE("results go through a pipe that somebody made non-blocking") {
    const slow_server server;
    const scratch_folder folder;
    write_file(folder / "list", page_list(server, 2'000));
    pipe_ends out;
    ::fcntl(out.write, F_SETFL, O_NONBLOCK);
    running_program fetcher{command({"-i", folder / "list", "-q"}),
                            {.prepare = [&] { ::dup2(out.write, STDOUT_FILENO); }}};
    pipe_ends::close(out.write);
    std::string text;
    char piece[10'000];
    for (ssize_t got = 0; (got = ::read(out.read, piece, sizeof piece)) > 0;)
        text.append(piece, static_cast<std::size_t>(got));
    CHECK(fetcher.wait().status == 0);
    CHECK(results_by_url(text).size() == 2'000);
}

TEST_CASE("without a standard error the results are as good") {
    const slow_server server;
    const scratch_folder folder;
    const std::vector<std::string> arguments{server.url("/page/1"), "http://",
                                             "--progress",          "always",
                                             "--results",           folder / "results"};
    for (const bool full : {false, true}) {
        const auto ended = run(arguments, {.prepare = [full] {
                                   ::close(STDERR_FILENO);
                                   if (full) ::open("/dev/full", O_WRONLY);
                               }});
        CHECK(ended.status == 1);
        CHECK(results_by_url(read_file(folder / "results")).size() == 2);
    }
}

TEST_CASE("on a terminal there is a bar of one line, and at the end it is gone") {
    const slow_server server;
    winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    int terminal = -1;
    int its_end = -1;
    REQUIRE(::openpty(&terminal, &its_end, nullptr, nullptr, &size) == 0);
    ::fcntl(terminal, F_SETFD, FD_CLOEXEC);
    std::string list = server.url("/gate/2?i=1\n");
    const scratch_folder folder;
    write_file(folder / "list", list + page_list(server, 100));
    running_program fetcher{command({"-i", folder / "list", "--timeout", "1h"}),
                            {.prepare = [&] { ::dup2(its_end, STDERR_FILENO); }}};
    ::close(its_end);

    std::string seen;
    char piece[1'000];
    const auto read_more = [&] {
        const ssize_t got = ::read(terminal, piece, sizeof piece);
        if (got > 0) seen.append(piece, static_cast<std::size_t>(got));
        return got > 0; // EIO when nobody has the other end any more
    };
    while (seen.find("100/101") == std::string::npos)
        REQUIRE(read_more());
    CHECK(run({server.url("/gate/2?i=2"), "-q"}).status == 0); // opens the gate
    while (read_more()) {
    }
    ::close(terminal);
    CHECK(fetcher.wait().status == 0);

    INFO(seen);
    CHECK(seen.find("1 in flight") != std::string::npos);
    CHECK(seen.find("/s") != std::string::npos);
    CHECK(seen.find(" left") != std::string::npos);
    // All that is drawn fits; the bar is wiped and only the summary stays.
    std::size_t column = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        if (seen[i] == '\r' || seen[i] == '\n')
            column = 0;
        else if (seen.compare(i, 3, "\033[K") == 0)
            i += 2;
        else
            REQUIRE(++column < 80);
    }
    const std::size_t summary = seen.find("fetcher: 101 of 101 pages");
    REQUIRE(summary != std::string::npos);
    CHECK(seen.substr(0, summary).ends_with("\r\033[K"));
    CHECK(std::ranges::count(seen, '\n') == 1);
}

TEST_CASE("on a terminal there is no bar when it is not wanted") {
    const slow_server server;
    for (const std::vector<std::string>& unwanted :
         std::vector<std::vector<std::string>>{{"--quiet"}, {"--progress", "never"}}) {
        int terminal = -1;
        int its_end = -1;
        REQUIRE(::openpty(&terminal, &its_end, nullptr, nullptr, nullptr) == 0);
        ::fcntl(terminal, F_SETFD, FD_CLOEXEC);
        auto arguments = unwanted;
        arguments.push_back(server.url("/delay/400")); // a few ticks
        running_program fetcher{command(arguments),
                                {.prepare = [&] { ::dup2(its_end, STDERR_FILENO); }}};
        ::close(its_end);
        CHECK(fetcher.wait().status == 0);
        std::string seen(1'000, '\0');
        const ssize_t got = ::read(terminal, seen.data(), seen.size());
        seen.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        ::close(terminal);
        CHECK(seen.find("in flight") == std::string::npos);
        if (unwanted[0] == "--quiet") CHECK(seen == "");
    }
}
