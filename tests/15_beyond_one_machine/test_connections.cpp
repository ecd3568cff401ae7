// How the database is found, and what is said when it is not.

#include "beyond_one_machine/machines.hpp"
#include "private_database.hpp"
#include "run_program.hpp"
#include "workbench/temporary.hpp"

#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

using namespace ladder;
using namespace ladder::beyond_one_machine;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

using words = std::vector<std::string>;

/// Runs a program where /etc/hosts is another file: in a mount namespace.
program_result with_hosts(const std::string& file, const words& argv) {
    words all{"/usr/bin/env", "unshare", "--mount"};
    if (::geteuid() != 0) all.emplace_back("--map-root-user");
    all.insert(all.end(),
               {"/bin/sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\"", file});
    all.insert(all.end(), argv.begin(), argv.end());
    return run_program(all);
}

} // namespace

TEST_CASE("who does not answer is named") {
    fibers_on_asio::event_loop loop;
    const auto says = [&](const std::string& hosts, const std::string& what) {
        sql database{loop.context(),
                     parse_queue_address("mysql://u@" + hosts + "/d?tls=off"),
                     {.patience = 0ms}};
        CHECK_THROWS_WITH(database.ask("select 1"), ContainsSubstring(what));
    };
    says("127.0.0.1:1", "127.0.0.1:1: Connection refused");
    says("[::1]:1", "[::1]:1: ");
    says("no-host.invalid:7", "no-host.invalid:7: Host not found");
}

TEST_CASE("MariaDB: a name has several addresses, and at one of them is a database") {
    skip_without_database();
    const temporary_folder folder;
    const std::string hosts = folder / "hosts";
    private_database d;
    const auto where = parse_queue_address(d.servers.url()).hosts.at(0);
    // Whatever their order is here, 127.0.0.1 is the first that a resolver names.
    std::ofstream{hosts} << where.name << " several\n127.0.0.1 several\n";
    if (with_hosts(hosts, {"/bin/true"}).status != 0)
        SKIP("there are no mount namespaces");
    ::setenv("LADDER_QUEUE_PASSWORD", cluster::password, 1);
    const auto ended =
        with_hosts(hosts, {LADDER_BIN_DIR "/fetch_list", "status", "--queue",
                           "mysql://crawl_list@several:" + std::to_string(where.port) +
                               "/crawl?tls=off",
                           "--job", "x"});
    INFO(ended.output);
    CHECK(ended.status == 2);
    CHECK_THAT(ended.output, ContainsSubstring("there is no job 'x'"));
}
