// The folder of a job after somebody was in it: a killed process, a user, another
// program.

#include "fetcher/job.hpp"
#include "fetcher_program.hpp"
#include "job_program.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <csignal>
#include <optional>
#include <regex>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

using namespace ladder::fetcher;
using namespace ladder::fetcher::test;
using Catch::Matchers::Matches;
using ladder::running_program;
using ladder::slow_server;

TEST_CASE("a page that a killed worker saved goes when its URL fails after all") {
    std::optional<slow_server> server{std::in_place};
    const job_folder job;
    job.list(page_list(*server, 20));
    // The first page of all: nothing is recorded yet, however slow the machine is.
    REQUIRE(job.begin({"-p", "1", "-c", "4"}, "worker: page renamed@1 all").status ==
            128 + SIGKILL);
    REQUIRE(!files_below(job / "pages").empty());
    REQUIRE(read_file(job.results()).empty());
    server.reset();
    CHECK(job.resume({"--retries", "0", "-q"}).status == 1);
    CHECK(job.verified());
    CHECK(files_below(job / "pages").empty());
}

TEST_CASE("a list that somebody changed is noticed, and nothing is done with it") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 5));
    REQUIRE(job.begin().status == 0);
    const std::string list = read_file(job / "list");
    const auto lines = read_file(job.results());

    const std::string shorter = page_list(server, 4);
    std::string other = list;
    other[other.size() - 2] = '9'; // was 4
    for (const auto& [text, what] :
         {std::pair{shorter, fmt::format("the list has {} bytes and had {}",
                                         shorter.size(), list.size())},
          std::pair{other, std::string{"the list has other lines"}}}) {
        write_file(job / "list", text);
        const auto resumed = job.resume();
        CHECK(resumed.status == 2);
        CHECK(resumed.err ==
              fmt::format("fetcher: {}/list was changed: {}; put it back, or begin anew "
                          "with --overwrite\n",
                          job.path(), what));
        for (const bool repair : {false, true}) {
            std::vector<std::string> words{"verify", job.path()};
            if (repair) words.emplace_back("--repair");
            const auto proof = run(words);
            CHECK(proof.status == 1);
            CHECK(proof.out.starts_with(what + '\n'));
            CHECK(proof.out.ends_with("put the list back with which the job was begun, "
                                      "or begin anew with --overwrite\n"));
        }
    }
    write_file(job / "list", list);
    CHECK(job.resume().status == 0);
    CHECK(job.verified());
    CHECK(read_file(job.results()) == lines);
    CHECK(server.stats().requests == 5);
}

TEST_CASE("also a list from standard input is compared") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 5));
    REQUIRE(job.begin().status == 0);
    const auto resume_with = [&](const std::string& list) {
        pipe_ends in;
        REQUIRE(::write(in.write, list.data(), list.size()) > 0);
        pipe_ends::close(in.write);
        return run({"resume", job.path(), "-i", "-"}, {.input = in.read});
    };
    CHECK(resume_with(page_list(server, 5)).status == 0);
    const auto other = resume_with(page_list(server, 4));
    CHECK(other.status == 2);
    CHECK(other.err.find("the list has ") != std::string::npos);
}

TEST_CASE("standard input is kept up to its last whole line, however lines end") {
    const slow_server server;
    const job_folder job;
    std::string list = page_list(server, 3);
    std::ranges::replace(list, '\n', '\r');
    pipe_ends in;
    running_program first{command({"-i", "-", "-o", job.path(), "-q"}),
                          {.input = in.read}};
    const std::string text = list + "http://127.0.0.1/of-which-only-th";
    REQUIRE(::write(in.write, text.data(), text.size()) > 0);
    ladder::wait_until([&] { return count_lines(read_file(job.results())) == 3; },
                       "the pages");
    first.signal(SIGKILL);
    first.wait();
    CHECK(job.resume().status == 0);
    CHECK(job.verified());
    CHECK(read_file(job / "list") == list);
    CHECK(server.stats().requests == 3);
}

TEST_CASE("who stops while standard input is read is told that there was more") {
    const slow_server server;
    const job_folder job;
    pipe_ends in;
    running_program first{command({"-i", "-", "-o", job.path()}), {.input = in.read}};
    const std::string text = page_list(server, 3);
    REQUIRE(::write(in.write, text.data(), text.size()) > 0);
    ladder::wait_until([&] { return count_lines(read_file(job.results())) == 3; },
                       "the pages");
    first.signal(SIGINT);
    const auto ended = first.wait();
    CHECK(ended.status == 128 + SIGINT);
    CHECK(ended.err.ends_with(
        "fetcher: not all of standard input was read; go on with: fetcher resume " +
        job.path() + '\n'));
}

TEST_CASE("what a killed process was writing is gone after a resume") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 5));
    REQUIRE(job.begin().status == 0);
    fs::create_directory(job / ".parts-1-0");
    for (const char* name : {"results.jsonl.new", "job.json.new", "index.tsv.new"})
        write_file(job / name, "half");
    CHECK(job.resume().status == 0);
    CHECK(job.verified());
}

TEST_CASE("only what is of the job may be in its folder") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 5));
    REQUIRE(job.begin().status == 0);
    fs::create_directories(job / "pages/7"); // killed before its first page came
    CHECK(job.verified());
    fs::remove(job / "pages/0/2");
    for (const char* folder : {"pages/x", "pages/01", "pages/0/empty", "pages/0/2/in"})
        fs::create_directories(job / folder);
    fs::create_directory_symlink("/", job / "pages/1");
    write_file(job / "index.tsv.mine", "");
    write_file(job / "\x1b[31m", "");
    const auto found = run({"verify", job.path()});
    for (const char* what :
         {"pages/x does not", "pages/01 does not", "pages/0/empty does not",
          "pages/1 does not", "line 2: pages/0/2: ", "index.tsv.mine does not",
          "?[31m does not", " 4 with their outcome"}) {
        INFO(found.out);
        CHECK(found.out.find(what) != std::string::npos);
    }
    CHECK(run({"verify", "--repair", job.path()}).status == 1);
    CHECK(job.resume().status == 0);
    fs::remove(job / "index.tsv.mine");
    fs::remove(job / "\x1b[31m");
    CHECK(job.verified());
}

TEST_CASE("a record of no line of the list counts for nothing") {
    const slow_server server;
    const job_folder job;
    job.list("# a comment\n" + page_list(server, 5));
    REQUIRE(job.begin().status == 0);
    std::string lines = read_file(job.results());
    for (const char* n : {"1", "99", "2"}) // a comment, nothing, and one that is done
        lines += fmt::format("{{\"n\":{},{}", n, lines.substr(lines.find("\"url\"")));
    write_file(job.results(), lines.substr(0, lines.rfind('\n') + 1));
    CHECK(run({"status", job.path()}).out.find("5 of 5, 0 failed") != std::string::npos);
    CHECK(job.resume().err.find(" 5 were done before") != std::string::npos);
    CHECK(job.verified());
}

TEST_CASE("a job that cannot be read is not called damaged") {
    const job_folder job;
    fs::create_directories(job / "job.json");
    for (const char* command : {"resume", "status", "verify"}) {
        const auto ended = run({command, job.path()});
        CHECK(ended.err ==
              fmt::format("fetcher: {}/job.json: Is a directory\n", job.path()));
    }
}

TEST_CASE("an answer that nobody can have got is an error") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 5));
    REQUIRE(job.begin().status == 0);
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    for (const char* command : {"status", "verify"}) {
        const auto ended =
            run({command, job.path()}, {.prepare = [&] { ::dup2(full, STDOUT_FILENO); }});
        CHECK(ended.status == 1);
        CHECK(ended.err == "fetcher: standard output: No space left on device\n");
    }
    ::close(full);
}

TEST_CASE("what cannot be read or written from the beginning leaves no job") {
    const job_folder job;
    job.list("http://127.0.0.1/\n");
    CHECK(run({"-i", "-", "-o", job.path()}, {.prepare = [] { ::close(STDIN_FILENO); }})
              .err == "fetcher: standard input: Bad file descriptor\n");
    CHECK_FALSE(is_job(job.path()));
    CHECK(run({"-i", job.list(), "-o", job.path(), "--results", "-"},
              {.prepare = [] { ::close(STDOUT_FILENO); }})
              .err == "fetcher: standard output: Bad file descriptor\n");
    CHECK_FALSE(is_job(job.path()));
}

TEST_CASE("a command that is told can be typed") {
    CHECK(as_typed("job") == "job");
    CHECK(as_typed("/a/b-c_1.2") == "/a/b-c_1.2");
    CHECK(as_typed("-o") == "./-o");
    CHECK(as_typed("my job") == "'my job'");
    CHECK(as_typed("it's") == "'it'\\''s'");
    CHECK(as_typed("$HOME") == "'$HOME'");
    CHECK(as_typed("\xc3\xa4") == "\xc3\xa4");

    const slow_server server;
    const job_folder job;
    const std::string folder = job.path() + " of mine";
    REQUIRE(run({server.url("/page/1"), "-o", folder, "-q"}).status == 0);
    CHECK(run({server.url("/page/1"), "-o", folder})
              .err.find("fetcher resume '" + folder + "', or") != std::string::npos);
    fs::remove(folder + "/pages/0/1");
    CHECK(run({"verify", folder}).out.ends_with("fetcher resume '" + folder + "'\n"));
}

TEST_CASE("a description that somebody wrote by hand is no reason to wait for ever") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 2));
    REQUIRE(job.begin().status == 0);
    const std::string description = read_file(job / "job.json");
    for (const auto& [name, value] : {std::pair{"processes", "0"},
                                      {"processes", "257"},
                                      {"concurrency", "0"},
                                      {"concurrency", "100001"}}) {
        const std::regex before{fmt::format("\"{}\":[0-9]+", name)};
        REQUIRE(std::regex_search(description, before));
        write_file(job / "job.json",
                   std::regex_replace(description, before,
                                      fmt::format("\"{}\":{}", name, value)));
        for (const char* command : {"resume", "status", "verify"}) {
            const auto said = run({command, job.path()});
            CHECK(said.status == 2);
            CHECK_THAT(said.err,
                       Matches("fetcher: [^\n]*/job\\.json: [0-9]+ processes with "
                               "[0-9]+ pages at a time cannot run; [^\n]*\n"));
        }
    }
}
