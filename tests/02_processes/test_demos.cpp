// The program of rung 02 and its broken ones, as a reader runs them.

#include "leftovers.hpp"
#include "run_program.hpp"
#include "workbench/slow_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

#include <string>
#include <vector>

using namespace ladder;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;

namespace {

program_result run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), LADDER_BIN_DIR "/02_processes");
    const auto before = leftovers::now();
    auto result = run_program(arguments);
    CHECK(leftovers::since(before) == "");
    return result;
}

std::string output_of(const std::string& demo) {
    const auto result = run({demo});
    CHECK(result.status == 0);
    return result.output;
}

std::string broken(const std::string& name) {
    const auto before = leftovers::now();
    const auto result = run_program({LADDER_BIN_DIR "/02_processes_broken_" + name});
    CHECK(leftovers::since(before) == "");
    CHECK(result.status == 0);
    return result.output;
}

} // namespace

TEST_CASE("without a name it shows ten pages in flight, in ten processes") {
    // On a busy machine the tenth may begin when the first has ended: one run shows it.
    std::string output;
    for (int tries = 0;
         tries < 50 && output.find("at most 10 in flight.") == std::string::npos; ++tries)
        output = run({}).output;
    CHECK_THAT(output, ContainsSubstring("process 10 "));
    CHECK_THAT(output, ContainsSubstring("at most 10 in flight."));
}

TEST_CASE("batches gives the rest to a last process, and waits for all") {
    CHECK_THAT(output_of("batches"), Matches("process 1 gets 10 pages\n"
                                             "process 2 gets 10 pages\n"
                                             "process 3 gets 5 pages\n\n"
                                             "launched after +[0-9.]+ ms\n"
                                             "done after +[0-9.]+ ms, 25 pages\n"));
}

TEST_CASE("isolation: the children count, and the parent prints 0") {
    CHECK_THAT(output_of("isolation"), Matches("a child: 1000000, at address ([0-9]+)\n"
                                               "a child: 1000000, at address \\1\n"
                                               "the parent: 0, at address \\1\n"));
}

TEST_CASE("status shows codes, signals, and a program that is not there") {
    const auto output = output_of("status");
    CHECK_THAT(output, Matches("(.|\n)*return 259 [^\n]* exited with 3\n(.|\n)*"));
    CHECK_THAT(output, ContainsSubstring("killed by SIGUSR1 (User defined signal 1)"));
    CHECK_THAT(output, ContainsSubstring("killed by SIGTERM (Terminated)"));
    CHECK_THAT(output, ContainsSubstring("killed by SIGKILL (Killed)"));
    CHECK_THAT(output, ContainsSubstring("no-such-program: No such file or directory"));
}

TEST_CASE("zombies shows one, that it cannot be killed, and that wait removes it") {
    CHECK(output_of("zombies") == "ended, not waited for:  Z (zombie)\n"
                                  "after kill -9:          Z (zombie)\n"
                                  "after wait:             gone; it exited with 3\n");
}

TEST_CASE("orphans shows one that is adopted, and one that ends with its parent") {
    CHECK_THAT(output_of("orphans"),
               Matches("This is process ([0-9]+); it adopts orphans.\n\n"
                       "An orphan lives on:\n"
                       "  grandchild ([0-9]+): my parent is ([0-9]+)\n"
                       "  middle \\3: killed by SIGKILL [^\n]*\n"
                       "  grandchild \\2: my parent is \\1\n"
                       "  grandchild \\2: exited with 0\n\n"
                       "With die_with_parent it does not:\n"
                       "  grandchild ([0-9]+): my parent is ([0-9]+)\n"
                       "  middle \\5: killed by SIGKILL [^\n]*\n"
                       "  grandchild \\4: killed by SIGKILL [^\n]*\n"));
}

TEST_CASE("writers: a line that is one write stays whole") {
    CHECK_THAT(output_of("writers"),
               ContainsSubstring("for each line: 40000 of 40000 lines are whole\n"));
}

TEST_CASE("turns: every line comes, in the order of its own process") {
    const auto output = output_of("turns");
    CHECK_THAT(output, Matches("(test[12] [0-2]   ){6}\n((test[12] [0-2]   ){6}\n)?"
                               "50 runs, [0-9]+ different orders\n"));
    const std::string first = output.substr(0, output.find('\n'));
    for (const char* name : {"test1", "test2"})
        CHECK_THAT(first, Matches(fmt::format(".*{0} 0.*{0} 1.*{0} 2.*", name)));
}

TEST_CASE("broken_no_limit: two words a process, and all processes at once") {
    CHECK(broken("no_limit") ==
          "400 words, two to a process: 200 processes wait at the same time\n"
          "400 words, a limit of 8:     8 processes wait at the same time\n");
}

TEST_CASE("help lists the demos") {
    const auto result = run({"--help"});
    CHECK(result.status == 0);
    for (const char* name : {"ten", "batches", "isolation", "status", "zombies",
                             "orphans", "writers", "fetch"})
        CHECK_THAT(result.output, ContainsSubstring(fmt::format("\n  {} ", name)));
}

TEST_CASE("fetch shows a line for each page, and which one failed") {
    const slow_server server;
    const auto result = run({"fetch", server.url("/page/1"), server.url("/reset")});
    CHECK(result.status == 1);
    CHECK_THAT(result.output, ContainsSubstring(server.url("/page/1") + "  200"));
    CHECK_THAT(result.output, ContainsSubstring("Connection reset by peer"));
    CHECK_THAT(result.output, ContainsSubstring("2 pages, 1 failed"));
}

TEST_CASE("broken_fork_threads: a lock stays locked in the child") {
    CHECK(broken("fork_threads") ==
          "forked before the thread: exited with 0\n"
          "forked beside the thread: killed by SIGALRM (Alarm clock)\n");
}

TEST_CASE("broken_fork_buffers: what was buffered comes out twice") {
    CHECK(broken("fork_buffers") == "one line, once; then the child\n"
                                    "one line, once; then the parent\n");
}

TEST_CASE("broken_fork_descriptors: an inherited write end keeps the reader waiting") {
    CHECK(broken("fork_descriptors") == "5 bytes\n"
                                        "no end in sight: who else can still write?\n"
                                        "and without the other child: the end\n");
}

TEST_CASE("broken_zombies: who is not waited for stays") {
    CHECK(broken("zombies") == "100 of 100 processes are zombies\n");
}
