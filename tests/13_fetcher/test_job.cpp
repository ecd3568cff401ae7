// A folder as a job: it goes on, it is refused, it is looked at and proved.

#include "fetcher/job.hpp"
#include "fetcher/kill_order.hpp"
#include "fetcher_program.hpp"
#include "job_program.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <string>

using namespace ladder::fetcher;
using namespace ladder::fetcher::test;
using ladder::running_program;
using ladder::slow_server;

TEST_CASE("a job that is done is left alone, and says how it could go on") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 20));
    CHECK(job.begin().status == 0);
    CHECK(job.verified());
    const auto before = read_file(job.results());

    const auto again = job.begin();
    CHECK(again.status == 2);
    CHECK(again.err == "fetcher: " + job.path() +
                           " has a job; go on with: fetcher resume " + job.path() +
                           ", or begin anew with --overwrite\n");
    CHECK(job.resume().status == 0);
    CHECK(read_file(job.results()) == before);
    CHECK(server.stats().requests == 20);
}

TEST_CASE("another list or another option is another job") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 3));
    CHECK(job.begin({"--max-bytes", "1MB"}).status == 0);

    CHECK(job.begin({"--max-bytes", "2MB"})
              .err.find("(--max-bytes is 2000000 and was 1000000)") != std::string::npos);
    const auto resumed = job.resume({"--user-agent", "me"});
    CHECK(resumed.status == 2);
    CHECK(count_lines(resumed.err) == 1);
    CHECK(resumed.err.find("--user-agent is \"me\" and was ") != std::string::npos);
    CHECK(job.resume({"--timeout", "3s", "-p", "1", "-c", "2"}).status == 0);

    job.list(page_list(server, 4));
    const auto other = job.resume({"-i", job.list()});
    CHECK(other.status == 2);
    CHECK(other.err.find("the list has ") != std::string::npos);
    CHECK(job.verified()); // the job has a list of its own
}

TEST_CASE("what is no job cannot go on, be looked at, or proved") {
    const job_folder job;
    fs::create_directory(job.path());
    for (const char* command : {"resume", "status", "verify"}) {
        const auto ended = run({command, job.path()});
        CHECK(ended.status == 2);
        CHECK(ended.err.find("has no job; begin one with: fetcher -i FILE -o ") !=
              std::string::npos);
        CHECK(run({command}).status == 2); // of what?
        write_file(job / "job.json", "{\"version\":1,");
        CHECK(run({command, job.path()}).err.find("damaged") != std::string::npos);
        write_file(job / "job.json", "{\"version\":2}");
        CHECK(run({command, job.path()}).err.find("version 2") != std::string::npos);
        fs::remove(job / "job.json");
    }
}

TEST_CASE("one process works on a job, and status tells about it") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 5) + server.url("/gate/2?i=1\n"));
    running_program first{
        command({"-i", job.list(), "-o", job.path(), "--timeout", "1h"})};
    ladder::wait_until([&] { return count_lines(read_file(job.results())) == 5; },
                       "the pages");

    const std::string refused = fmt::format("fetcher: process {} is working on {}; see: "
                                            "fetcher status {}\n",
                                            first.pid(), job.path(), job.path());
    for (const auto& second : {job.begin(), job.begin({"--overwrite"}), job.resume(),
                               run({"verify", job.path()})}) {
        CHECK(second.status == 2);
        CHECK(second.err == refused);
    }
    const auto status = run({"status", job.path(), "--json"});
    CHECK(status.status == 0);
    const auto v = boost::json::parse(status.out);
    CHECK(v.at("state") == "running");
    CHECK(v.at("pid").as_int64() == first.pid());
    CHECK(v.at("urls").to_number<int>() == 6);
    CHECK(v.at("done").to_number<int>() == 5);
    CHECK(v.at("left").to_number<int>() == 1);
    CHECK(v.at("by_status").at("200").to_number<int>() == 5);
    CHECK(run({"status", job.path()}).out.find(fmt::format("process {}", first.pid())) !=
          std::string::npos);

    CHECK(run({server.url("/gate/2?i=2"), "-q"}).status == 0); // opens the gate
    CHECK(first.wait().status == 0);
    CHECK(run({"status", job.path()}).out.find(": complete\n") != std::string::npos);
    CHECK(job.verified());
}

TEST_CASE("standard input is kept as it is read") {
    const slow_server server;
    const job_folder job;
    pipe_ends in;
    const auto write = [&](const std::string& text) {
        REQUIRE(::write(in.write, text.data(), text.size()) > 0);
    };
    running_program first{
        command({server.url("/page/9"), "-i", "-", "-o", job.path(), "-q"}),
        {.input = in.read}};
    write(page_list(server, 3) + "http://127.0.0.1/of-which-only-th");
    ladder::wait_until([&] { return count_lines(read_file(job.results())) == 4; },
                       "the pages");
    first.signal(SIGKILL);
    first.wait();
    // The rest of the list is not known.
    CHECK(run({"status", job.path()}).out.find(": stopped\n") != std::string::npos);

    const auto resumed = job.resume();
    CHECK(resumed.status == 0);
    CHECK(resumed.err.find("it ends with what had been read") != std::string::npos);
    CHECK(job.verified());
    CHECK(read_file(job / "list") == server.url("/page/9\n") + page_list(server, 3));
    CHECK(server.stats().requests == 4);
    CHECK(run({"status", job.path()}).out.find(": complete\n") != std::string::npos);
}

TEST_CASE("the last line of standard input needs no end") {
    const slow_server server;
    const job_folder job;
    pipe_ends in;
    const std::string text = page_list(server, 3) + server.url("/page/3");
    REQUIRE(::write(in.write, text.data(), text.size()) > 0);
    pipe_ends::close(in.write);
    CHECK(run({"-i", "-", "-o", job.path(), "-q"}, {.input = in.read}).status == 0);
    CHECK(job.verified());
    CHECK(job.resume().err.find("4 were done before") != std::string::npos);
}

TEST_CASE("what failed is asked again when that is wanted") {
    const slow_server server;
    const job_folder job;
    job.list(server.url("/flaky/1\n") + server.url("/page/1\n") + "http://\n" +
             server.url("/status/404\n"));
    CHECK(job.begin({"--retries", "0"}).status == 1);
    CHECK(job.resume().status == 0); // nothing to do
    CHECK(server.stats().requests == 3);
    CHECK(job.resume({"--retry-failed"}).status == 1);
    CHECK(server.stats().requests == 4); // the flaky one; the other one is no URL
    const auto found = results_by_url(read_file(job.results()));
    CHECK(found.at(server.url("/flaky/1")).status == 200);
    CHECK(found.size() == 4);
    CHECK(job.verified());
}

TEST_CASE("a job is a folder that can be moved") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 100));
    CHECK(job.begin({}, "worker: page renamed@50 all").status == 128 + SIGKILL);
    fs::remove(job.list());
    const std::string elsewhere = job.path() + "-elsewhere";
    fs::rename(job.path(), elsewhere);
    CHECK(run({"resume", elsewhere, "-q"}).status == 0);
    CHECK(run({"verify", elsewhere}).status == 0);
}

TEST_CASE("verify finds everything that is wrong, and repair makes it work to do") {
    const slow_server server;
    const job_folder job;
    job.list("# two pages more than a comment\n" + page_list(server, 6) +
             server.url("/status/404\n"));
    CHECK(job.begin().status == 0);
    REQUIRE(job.verified());
    std::string lines = read_file(job.results());
    const auto line_of = [&](int n) {
        const auto begin = lines.find(fmt::format("{{\"n\":{},", n));
        return lines.substr(begin, lines.find('\n', begin) + 1 - begin);
    };

    fs::remove(job / "pages/0/2");
    write_file(job / "pages/0/3", "short");
    std::string changed = read_file(job / "pages/0/4");
    changed[0] ^= 1;
    write_file(job / "pages/0/4", changed);
    write_file(job / "pages/0/99", "of no line");
    write_file(job / "mine", "of nobody");
    const auto outcome_of_5 = lines.find(line_of(5));
    lines.erase(outcome_of_5, line_of(5).size());
    lines += line_of(6) + "no record\n{\"n\":1,\"url\":\"\"}\n";
    write_file(job.results(), lines);

    const auto found = run({"verify", job.path()});
    CHECK(found.status == 1);
    for (const char* what :
         {"line 2: pages/0/2: No such file", "line 3: pages/0/3 has 5 bytes instead of ",
          "line 4: pages/0/4 has another content", "line 5: no outcome",
          "line 6: a second outcome", "no record: no record", "no record: {\"n\":1,",
          "pages/0/99 does not belong", "mine does not belong",
          "pages/0/5 does not belong",
          "7 URLs, 3 with their outcome, 2 pages: 10 wrong"}) {
        INFO(found.out);
        CHECK(found.out.find(what) != std::string::npos);
    }
    CHECK(run({"verify", job.path(), "--repair"}).status == 1);
    CHECK(read_file(job / "mine") == "of nobody"); // nor ours to remove
    fs::remove(job / "mine");
    const auto requests = server.stats().requests;
    CHECK(job.resume().status == 0);
    CHECK(server.stats().requests == requests + 4);
    CHECK(job.verified());
}

TEST_CASE("verify names the command that mends what it has found") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 6));
    CHECK(job.begin().status == 0);
    const auto last_line = [&](const std::vector<std::string>& options = {}) {
        std::vector<std::string> words{"verify", job.path()};
        words.insert(words.end(), options.begin(), options.end());
        const auto ended = run(words);
        CHECK(ended.status == 1);
        CHECK(ended.err == "");
        return ended.out.substr(ended.out.rfind('\n', ended.out.size() - 2) + 1);
    };
    const std::string resume = "fetcher resume " + job.path() + "\n",
                      removed = "what is wrong is removed by: fetcher verify --repair " +
                                job.path();

    const std::string moved = "what somebody else put there stays: move it away\n";
    write_file(job / "mine", "of nobody");
    CHECK(last_line() == moved);
    CHECK(last_line({"--repair"}) == moved);
    write_file(job / "pages/0/99", "of no line");
    CHECK(last_line() == removed + "\n");
    CHECK(last_line({"--repair"}) == "repaired; " + moved);
    fs::remove(job / "mine");
    write_file(job / "pages/0/99", "of no line");
    CHECK(last_line() == removed + "\n");
    CHECK(last_line({"--repair"}) == "repaired\n");
    write_file(job / "pages/0/3", "short");
    CHECK(last_line() == removed + "; go on with: " + resume);
    CHECK(last_line({"--repair"}) == "repaired; go on with: " + resume);
    CHECK(last_line() == "what is missing is fetched by: " + resume);
    CHECK(job.resume().status == 0);
    CHECK(job.verified());

    fs::remove_all(job / "pages");
    write_file(job / "pages", "a file");
    CHECK(last_line() == removed + "; go on with: " + resume);
    CHECK(last_line({"--repair"}) == "repaired; go on with: " + resume);
    CHECK(job.resume().status == 0);
    CHECK(job.verified());
}

TEST_CASE("option --overwrite removes a job, and only that") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 30));
    CHECK(job.begin().status == 0);
    write_file(job / "mine", "kept");
    job.list(page_list(server, 2));
    CHECK(job.begin({"--overwrite"}).status == 0);
    CHECK(files_below(job / "pages").size() == 2);
    CHECK(read_file(job / "mine") == "kept");
}

TEST_CASE("a job does not destroy its own list or journal") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 5));
    for (const char* name : {"results.jsonl", "list", "job.json", "pages/0/1"}) {
        const auto ended = job.begin({"--results", job / name});
        CHECK(ended.status == 2);
        CHECK(count_lines(ended.err) == 1);
    }
    REQUIRE(job.begin().status == 0);
    const auto before = read_file(job.results());
    CHECK(job.resume({"--results", job / "../job/results.jsonl"}).status == 2);
    for (const char* name : {"list", "results.jsonl"}) {
        const auto ended = run({"-i", job / name, "-o", job.path(), "--overwrite"});
        CHECK(ended.status == 2);
        CHECK(ended.err.find("copy it first") != std::string::npos);
    }
    CHECK(read_file(job.results()) == before);
    CHECK(job.verified());
}

TEST_CASE("options that need a job, or each other, are refused without one") {
    for (const std::vector<std::string>& wrong :
         {std::vector<std::string>{"http://x/", "--durable"},
          {"http://x/", "--min-free", "1GB"},
          {"http://x/", "--overwrite"},
          {"http://x/", "--timeout", "10s", "--stuck-after", "5s"}}) {
        const auto ended = run(wrong);
        CHECK(ended.status == 2);
        CHECK(count_lines(ended.err) == 1);
    }
}

TEST_CASE("option --min-free stops before the disk is full") {
    const slow_server server;
    const job_folder job;
    std::string list;
    for (int i = 0; i < 200; ++i)
        list += server.url(fmt::format("/page/{}?delay=50\n", i));
    job.list(list);
    const auto ended = job.begin({"--min-free", "999999GB", "-c", "1"});
    CHECK(ended.status == 1);
    CHECK(ended.err.find("has less room than --min-free; stopping\n") !=
          std::string::npos);
    CHECK(ended.err.find("when that is mended, go on with: ") != std::string::npos);
    CHECK(server.stats().requests == 0); // a loop that resumes does not fill the disk
    CHECK(job.resume({"--min-free", "0", "-c", "64"}).status == 0); // none
    CHECK(job.verified());
}

TEST_CASE("option --durable changes nothing but what survives") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 200));
    CHECK(job.begin({"--durable"}).status == 0);
    CHECK(job.verified());
}

TEST_CASE("what may have passwords in it is never anybody else's to read") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 5));
    const auto traced = job.list() + ".trace";
    if (running_program{{"/usr/bin/env", "strace", "-f", "-e", "trace=openat", "-o",
                         traced, program, "-i", job.list(), "-o", job.path(), "-q", "-p",
                         "1"}}
            .wait()
            .status != 0)
        SKIP("nobody can be traced here");
    int made = 0;
    std::istringstream calls{read_file(traced)};
    for (std::string call; std::getline(calls, call);)
        for (const char* name : {"/list\"", "/job.json.new\""})
            if (call.find(name) != call.npos && call.find("O_CREAT") != call.npos) {
                INFO(call);
                CHECK(call.find(", 0600)") != call.npos);
                ++made;
            }
    CHECK(made == 2);
}

TEST_CASE("a kill order that is none is refused") {
    for (const char* order : {"worker: no such point", "worker: page renamed@0",
                              "worker: page renamed@x", ""}) {
        const auto ended = run(
            {"http://x/"}, {.prepare = [&] { ::setenv(kill_order_variable, order, 1); }});
        CHECK(ended.status == 2);
        CHECK(count_lines(ended.err) == 1);
    }
}
