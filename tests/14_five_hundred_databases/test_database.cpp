// A database of our own: it begins, it ends, and it leaves nothing.

#include "five_hundred_databases/database.hpp"
#include "five_hundred_databases/ways.hpp"
#include "leftovers.hpp"
#include "run_program.hpp"
#include "running_program.hpp"
#include "sanitizer.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <utility>

#include <fcntl.h>

using namespace ladder;
using namespace ladder::five_hundred_databases;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

const std::string program = LADDER_BIN_DIR "/14_five_hundred_databases";

/// Its port and pid out of the line that it says when it is ready.
struct ready_line {
    unsigned port = 0;
    pid_t pid = 0;
};

ready_line when_ready(const running_program& keeper) {
    wait_until([&] { return keeper.out().find('\n') != std::string::npos; }, "a line");
    ready_line line;
    std::sscanf(keeper.out().c_str(), "ready: port %u, pid %d,", &line.port, &line.pid);
    INFO(keeper.out());
    CHECK(line.pid > 0);
    return line;
}

/// A pipe whose write end is a keeper's life line.
struct life_line {
    std::array<int, 2> ends{};

    life_line() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }

    ~life_line() {
        cut();
        ::close(ends[0]);
    }

    void cut() {
        if (ends[1] >= 0) ::close(std::exchange(ends[1], -1));
    }
};

/// The private data folders there are, of whomever.
std::set<std::string> data_folders() {
    std::set<std::string> result;
    for (const auto& entry : fs::directory_iterator{fs::temp_directory_path()})
        if (entry.path().filename().string().starts_with("ladder-mariadb-"))
            result.insert(entry.path());
    return result;
}

/// Where a process has its files; its own, so nobody else's are taken for ours.
std::string working_folder(pid_t pid) {
    std::error_code error;
    return fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", error);
}

bool no_mariadb(std::string& why) {
    return database::best(&why) != database::kind::mariadb;
}

} // namespace

TEST_CASE("the stand-in ends with its owner, however that ends") {
    life_line line;
    running_program keeper{{LADDER_BIN_DIR "/stand_in_database"},
                           {.input = line.ends[0]}};
    const auto ready = when_ready(keeper);
    CHECK(ready.port > 0);
    line.cut();
    CHECK(keeper.wait().status == 0);
}

TEST_CASE("the stand-in dies at once, and the observer notices") {
    database server{database::kind::stand_in};
    observer observer{server.port()};
    CHECK(observer.counters().connections == 1);
    server.kill();
    CHECK_THROWS_AS(observer.counters(), std::runtime_error);
}

TEST_CASE("MariaDB") { // one start for all of it: installing takes seconds
    std::string why;
    if (no_mariadb(why)) SKIP(why);
    const auto before = leftovers::now();
    pid_t pid = 0;
    std::string folder;
    {
        const database server{database::kind::mariadb};
        pid = server.pid();
        folder = working_folder(pid);
        CHECK_THAT(folder, ContainsSubstring("ladder-mariadb-"));
        CHECK(data_folders().contains(folder));
        CHECK_THAT(server.version(), ContainsSubstring("MariaDB 1"));

        observer observer{server.port()};
        const int hosts = takes_long_to_start ? 100 : 500;
        for (const std::string name :
             {"processes", "process_pool", "threads", "thread_pool", "coroutines",
              "fibers", "processes_and_fibers"}) {
            // Programs with one thread each have nothing for it to see.
            if (thread_sanitizer && name == "processes") continue;
            INFO(name);
            observer.reset();
            const auto earlier = observer.counters();
            const auto ended = run_program(
                {program, "way", name, "--port", std::to_string(server.port()), "--hosts",
                 std::to_string(hosts), "--query",
                 // On a busy machine, they start slowly.
                 name == "processes" ? "select sleep(5)" : "select sleep(1)"});
            INFO(ended.output);
            CHECK_THAT(ended.output,
                       ContainsSubstring("\"good\":" + std::to_string(hosts) +
                                         ",\"errors\":{}"));
            const auto seen = observer.counters_when_quiet();
            CHECK(seen.connections - earlier.connections == hosts);
            CHECK(seen.max_used_connections > hosts / 5);
            CHECK(seen.max_used_connections <= hosts);
            CHECK(seen.threads_connected == 0);
            CHECK(seen.aborted_clients == 0);
            CHECK(seen.aborted_connects == 0);
        }

        observer.reset();
        const auto wrong_user = run_program({program, "way", "fibers", "--port",
                                             std::to_string(server.port()), "--hosts",
                                             "3", "--user", "nobody"});
        CHECK_THAT(wrong_user.output, ContainsSubstring("Access denied for user"));
        CHECK(observer.counters_when_quiet().aborted_connects == 3);
    }
    CHECK_FALSE(fs::exists(folder));
    CHECK(process_watch{pid}.ended());
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("MariaDB and its folder are gone when the owner is killed") {
    std::string why;
    if (no_mariadb(why)) SKIP(why);
    life_line line;
    running_program keeper{{LADDER_BIN_DIR "/private_mariadb"}, {.input = line.ends[0]}};
    const auto ready = when_ready(keeper);
    const std::string folder = working_folder(ready.pid);
    const process_watch server{ready.pid};
    SECTION("its life line is cut") {
        line.cut();
    }
    SECTION("the keeper is told to end") {
        keeper.signal(SIGTERM);
    }
    CHECK(keeper.wait().status == 0);
    CHECK(server.ended());
    CHECK(folder != "");
    CHECK_FALSE(fs::exists(folder));
}

TEST_CASE("a server that cannot be started is one clear line") {
    const running_program::options nowhere{
        .prepare = [] { ::setenv("TMPDIR", "/nowhere", 1); }};
    running_program keeper{{LADDER_BIN_DIR "/private_mariadb"}, nowhere};
    const auto ended = keeper.wait();
    CHECK(ended.status == 1);
    CHECK(std::count(ended.out.begin(), ended.out.end(), '\n') == 1);
}
