// Machines that die, loaders and drainers too, and a database that does. The programs are
// the real ones; whatever is killed, the audit is the judge at the end, and every page's
// digest.

#include "beyond_one_machine/job_report.hpp"
#include "beyond_one_machine/machines.hpp"
#include "fetcher/journal.hpp"
#include "fetcher/kill_order.hpp"
#include "fetcher/sha256.hpp"
#include "leftovers.hpp"
#include "private_database.hpp"
#include "run_program.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/temporary.hpp"

#include <boost/fiber/fiber.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

using namespace ladder;
using namespace ladder::beyond_one_machine;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

using words = std::vector<std::string>;

constexpr std::uint64_t pages = 101;

/// A list, and all that it takes to fetch it, on a database that others use, too.
class crawl {
public:
    crawl(private_database& d, const slow_server& server, std::string job)
        : database_(d),
          server_(server),
          job_(std::move(job)) {}

    void list(const std::string& query = {}, const std::string& last = {}) {
        std::ofstream out{folder_ / "list"};
        for (std::uint64_t n = 1; n <= pages; ++n)
            out << server_.url("/page/" + std::to_string(n) + query)
                << (n == 1 ? " # the first\n" : "\n");
        if (!last.empty()) out << server_.url(last) << '\n';
    }

    machine load(const std::string& kill_at = {}) {
        return start(list_command("load", database_.servers, job_,
                                  {"-i", folder_ / "list", "--batch", "10"}),
                     kill_at);
    }

    machine drain(const std::string& kill_at = {}) {
        return start(
            list_command("drain", database_.servers, job_, {"--results", results()}),
            kill_at);
    }

    machine fetch(const std::string& name, const std::string& kill_at = {},
                  const words& options = {"--lease", "300ms"}, unsigned cable = 0) {
        words more{"-p", "1", "-c", "10"};
        more.insert(more.end(), options.begin(), options.end());
        return start(fetcher_command(database_.servers, job_, name, more), kill_at,
                     cable);
    }

    job_status status() {
        if (!connection_) connection_ = database_.connect();
        return look_at_job(*connection_, job_);
    }

    std::string results() const { return folder_ / "results"; }

    /// All of its programs.
    std::string said() const {
        std::ifstream in{folder_ / "said"};
        return {std::istreambuf_iterator<char>{in}, {}};
    }

    const temporary_folder& folder() const { return folder_; }

    const std::string& job() const { return job_; }

    /// Every URL once, and every page what the server sent.
    void check_results(std::uint64_t given_up = 0) {
        if (!connection_) connection_ = database_.connect();
        for (const std::string& wrong : audit_job(*connection_, job_, results()))
            FAIL_CHECK(wrong);
        std::uint64_t failed = 0;
        fetcher::for_each_line(results(), [&](std::string_view line) {
            const auto record = fetcher::parse_record(line);
            REQUIRE(record);
            if (record->status == 0) {
                ++failed;
                return;
            }
            if (record->n > pages) return; // which is no page
            fetcher::sha256 digest;
            digest.update(slow_server::page_body(record->n));
            if (record->sha256 != digest.finish()) FAIL_CHECK(line);
        });
        CHECK(failed == given_up);
    }

    /// By a machine that lives.
    void finish() {
        INFO(job_ << ' ' << said());
        CHECK(fetch("last").wait() == 0);
        CHECK(drain().wait() == 0);
        check_results();
    }

private:
    machine start(const words& argv, const std::string& kill_at, unsigned cable = 0) {
        machine::settings s{.output = folder_ / "said", .cable = cable};
        if (!kill_at.empty()) s.environment[fetcher::kill_order_variable] = kill_at;
        return machine{argv, s};
    }

    private_database& database_;
    const slow_server& server_;
    std::string job_;
    temporary_folder folder_;
    std::unique_ptr<sql> connection_;
};

constexpr int killed = 128 + SIGKILL;

void machines_die(private_database& d, const slow_server& server) {
    for (const auto& [job, point] : std::map<std::string, std::string>{
             {"die1", "queue: claimed@2"},
             {"die2", "queue: before the acknowledgement@2"},
             {"die3", "queue: before the commit@2"},
             {"die4", "queue: acknowledged@2"},
             {"die5", "worker: page fetched@20 all"}}) {
        INFO(point);
        crawl c{d, server, job};
        c.list();
        CHECK(c.load().wait() == 0);
        INFO(c.said());
        CHECK(c.fetch("dies", point).wait() == killed);
        c.finish();
    }
}

void ends_die(private_database& d, const slow_server& server) {
    crawl c{d, server, "ends"};
    c.list();
    CHECK(c.load("loader: ten batches").wait() == killed);
    CHECK(c.load("loader: before the end").wait() == killed);
    CHECK(c.load().wait() == 0);
    CHECK(c.fetch("a").wait() == 0);
    CHECK(c.drain("drainer: written").wait() == killed);
    CHECK(c.drain("drainer: marked").wait() == killed);
    c.finish();
}

/// A machine that is stopped, and one whose network is gone, until others have done all
/// that they had. Then both go on, and are told that they are late. Until they are away
/// no page is answered, so that they have something to lose.
void past_their_leases(private_database& d, const slow_server& server, network* around) {
    crawl c{d, server, "late"};
    c.list();
    CHECK(c.load().wait() == 0);
    ::kill(server.pid(), SIGSTOP);
    std::vector<machine> late;
    const words options{"--lease", "300ms"};
    late.push_back(c.fetch("sleeper", {}, options));
    if (around) late.push_back(c.fetch("alone", {}, options, around->new_cable()));
    const auto have_some = [&] {
        return std::size_t(std::ranges::count_if(
            c.status().machines, [](const auto& m) { return m.leased > 0; }));
    };
    while (have_some() < late.size() && !late.back().ended()) {
    }
    late.front().signal(SIGSTOP);
    if (around) late.back().cut_off();
    ::kill(server.pid(), SIGCONT);
    CHECK(c.fetch("awake").wait() == 0); // all of it, also what the others have
    late.front().signal(SIGCONT);
    if (around) late.back().connect();
    for (machine& m : late)
        CHECK(m.wait() == 0);
    c.finish();
    CHECK(c.status().deaths >= late.size());
}

void told_to_end(private_database& d, const slow_server& server) {
    crawl c{d, server, "told"};
    c.list();
    CHECK(c.load().wait() == 0);
    ::kill(server.pid(), SIGSTOP); // it has no end of its own before it is told
    machine polite = c.fetch("polite", {}, {}); // a lease of a minute
    while (c.status().leased == 0 && !polite.ended()) {
    }
    polite.signal(SIGTERM);
    ::kill(server.pid(), SIGCONT);
    CHECK(polite.wait() == 128 + SIGTERM);
    CHECK(c.status().leased == 0);
    CHECK(c.status().deaths == 0);
    c.finish();
}

/// Long before it would have to renew its leases, others see what a machine has done. And
/// two of them do not save their pages in one folder.
void what_it_does_is_seen(private_database& d, const slow_server& server) {
    crawl c{d, server, "seen"};
    c.list({}, "/hang?seen"); // with the last URL, it does not end
    CHECK(c.load().wait() == 0);
    const words saving{"--lease", "1h", "-o", c.folder() / "pages"};
    machine m = c.fetch("seen", {}, saving);
    const auto is_seen = [&] {
        const auto all = c.status().machines;
        return !all.empty() && all[0].done == 100 && all[0].leased == 1;
    };
    bool seen = false;
    while (!seen && !m.ended())
        seen = is_seen();
    CHECK(seen);
    const auto other = run_program(fetcher_command(d.servers, "seen", "other", saving));
    INFO(other.output);
    CHECK(other.status == 2);
    CHECK_THAT(other.output, ContainsSubstring(" is working on " +
                                               std::string{c.folder() / "pages"} + '\n'));
}

void a_url_that_kills(private_database& d, const slow_server& server) {
    crawl c{d, server, "kills"};
    c.list({}, "/hang?kills");
    CHECK(c.load().wait() == 0);
    const auto asked = [&] {
        const auto seen = server.stats().per_target;
        const auto it = seen.find("/hang?kills");
        return it == seen.end() ? 0 : it->second;
    };
    int deaths = 0;
    for (;;) {
        const auto before = asked();
        machine m = c.fetch("victim");
        while (asked() == before && !m.ended()) {
        }
        if (m.ended()) break;
        m.signal(SIGKILL);
        CHECK(m.wait() == killed);
        ++deaths;
    }
    CHECK(deaths == 5); // as a batch three times, the last time alone; twice as a line
    CHECK(c.drain().wait() == 0);
    c.check_results(1);
}

void a_full_disk(private_database& d, const slow_server& server) {
    crawl c{d, server, "full"};
    c.list({}, "/bytes/200000");
    CHECK(c.load().wait() == 0);
    ::setenv("LADDER_QUEUE_PASSWORD", cluster::password, 1);
    words argv = fetcher_command(d.servers, "full", "full",
                                 {"-p", "1", "-o", c.folder() / "pages"});
    argv.insert(argv.begin(),
                {"/bin/sh", "-c", "ulimit -f 200 && exec \"$@\"", "a machine"});
    const auto ended = run_program(argv);
    INFO(ended.output);
    CHECK(ended.status == 1);
    CHECK_THAT(ended.output, ContainsSubstring("cannot save pages"));
    CHECK(c.status().leased == 0);
    CHECK(c.status().deaths == 0);
    c.finish();
}

/// In the middle of an acknowledgement. Six times: each costs a start of the server, and
/// `./learn run 15 acknowledgements` does it 20 times.
void the_server_dies() {
    const auto ended = run_program(
        {LADDER_BIN_DIR "/15_beyond_one_machine", "acknowledgements", "--deaths", "6"});
    INFO(ended.output);
    CHECK(ended.status == 0);
    CHECK_THAT(ended.output, ContainsSubstring("3 times before it was asked to commit") &&
                                 ContainsSubstring("3 times before its answer") &&
                                 ContainsSubstring("every URL has its outcome, once"));
}

/// No answer, and no end of the connection: the network is gone.
void the_server_is_silent(private_database& d) {
    int complaints = 0;
    const auto database = d.connect({.answer = 200ms, .complain = [&](const auto&) {
                                         ++complaints;
                                         d.servers.thaw(1);
                                     }});
    CHECK(database->ask("select 1").number(0, 0) == 1);
    d.servers.freeze(1);
    CHECK(database->ask("select 2").number(0, 0) == 2);
    CHECK(complaints > 0);
}

void wrong_usage(private_database& d) {
    const auto says = [&](const words& argv, int status, const std::string& what) {
        const auto ended = run_program(argv);
        INFO(ended.output);
        CHECK(ended.status == status);
        CHECK_THAT(ended.output, ContainsSubstring(what));
        CHECK(std::ranges::count(ended.output, '\n') == 1);
    };
    const std::string fetcher = LADDER_BIN_DIR "/fetcher",
                      list = LADDER_BIN_DIR "/fetch_list", url = d.servers.url();
    ::setenv("LADDER_QUEUE_PASSWORD", "wrong", 1);
    says({list, "status", "--queue", url, "--job", "x"}, 1, "Access denied");
    ::setenv("LADDER_QUEUE_PASSWORD", cluster::password, 1);
    says({list, "status", "--queue", url, "--job", "x"}, 2, "there is no job 'x'");
    CHECK_THAT(run_program({LADDER_BIN_DIR "/15_beyond_one_machine", "--help"}).output,
               ContainsSubstring("\n  machines         two machines") &&
                   ContainsSubstring("\n  acknowledgements kills"));
    says({list}, 2, "load, drain, status, audit or forget?");
    says({list, "status", "--queue", url}, 2, "--job NAME");
    says({list, "load", "--queue", url, "--job", "a b"}, 2, "letters, digits");
    says({list, "load", "--queue", url, "--job", std::string(101, 'x')}, 2,
         "--job: 101 characters are too many; at most 100");
    says({list, "load", "--queue", url, "--job", "x", "-i", "/nowhere"}, 1, "/nowhere");
    says({list, "load", "--queue", url, "--job", "x", "-i", "/dev/null"}, 2, "no URL");
    says({list, "drain", "--queue", url, "--job", "x", "--results", "/nowhere/r"}, 1,
         "/nowhere/r: No such file");
    says({list, "audit", "--queue", url, "--job", "x", "--results", "/nowhere"}, 1,
         "/nowhere: No such file");
    says({fetcher, "--queue", url, "--job", "never"}, 2, "there is no job 'never'");
    says({fetcher, "--queue", url, "--job", "x", "http://a/"}, 2, "the list is there");
    says({fetcher, "--queue=http://x", "--job", "x"}, 2, "no mysql://");
    says({fetcher, "--queue", url, "--job", "x", "-o", "/dev/null/x"}, 1,
         "fetcher: /dev/null/x: Not a directory");
    CHECK_THAT(run_program({fetcher, "--queue", url, "--help", "all"}).output,
               ContainsSubstring("0 is the end of the list"));
    for (const words& program : {words{fetcher}, words{list, "status"}}) {
        const auto trusting = [&](const std::string& file) {
            words argv = program;
            argv.insert(argv.end(), {"--queue", url + "?ca=" + file, "--job", "x"});
            return argv;
        };
        says(trusting("/nope"), 2, ": ca=/nope: No such file or directory");
        says(trusting("/etc/passwd"), 2, ": ca=/etc/passwd: there is no certificate");
    }
}

} // namespace

TEST_CASE("MariaDB: whatever is killed, every URL ends with one outcome") {
    skip_without_database();
    const slow_server server;
    private_database d;
    machines_die(d, server);
    ends_die(d, server);
}

TEST_CASE("MariaDB: machines that are stopped, cut off, told to end, poisoned, full") {
    skip_without_database();
    const auto around = network_around_us();
    const slow_server server;
    private_database d;
    past_their_leases(d, server, around.get());
    told_to_end(d, server);
    what_it_does_is_seen(d, server);
    a_url_that_kills(d, server);
    a_full_disk(d, server);
    wrong_usage(d);
}

TEST_CASE("MariaDB: the database dies, or is silent") {
    skip_without_database();
    the_server_dies();
    private_database d;
    the_server_is_silent(d);
}

TEST_CASE("MariaDB: nothing is left of a database and its machines") {
    skip_without_database();
    const auto before = leftovers::now();
    std::string folder;
    {
        const cluster servers;
        std::error_code none;
        folder = std::filesystem::read_symlink(
            "/proc/" + std::to_string(servers.pid(1)) + "/cwd", none);
        CHECK_THAT(folder, ContainsSubstring("ladder-mariadb-"));
    }
    CHECK_FALSE(std::filesystem::exists(folder));
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("Galera: the node that all write to is killed, and another one frozen") {
    skip_without_database(3);
    private_database d{3};
    const auto database = d.connect({.answer = 1s});
    load(*database, "nodes", 60, 10);
    queue q{*database, {"nodes", "a", 60s}};
    auto got = q.claim(6);
    REQUIRE(got.size() == 6);
    CHECK(q.acknowledge(got[0], outcome_of(got[0])));
    d.servers.kill(1);
    CHECK(q.acknowledge(got[1], outcome_of(got[1])));
    CHECK(q.acknowledge(got[0], "twice")); // the other nodes know
    CHECK(q.renew({}).size() == 4);
    d.servers.start(1);
    d.servers.freeze(2); // where we are now
    for (std::size_t i = 2; i < got.size(); ++i)
        CHECK(q.acknowledge(got[i], outcome_of(got[i])));
    d.servers.thaw(2);
    CHECK(q.finished());
    for (const std::string& wrong : audit_job(*database, "nodes", ""))
        FAIL_CHECK(wrong);
}
