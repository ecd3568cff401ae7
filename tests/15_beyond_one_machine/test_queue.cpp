// The protocol, statement by statement, against a private MariaDB. One start for all of
// it: installing takes a second.

#include "beyond_one_machine/job_report.hpp"
#include "private_database.hpp"
#include "workbench/temporary.hpp"

#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

using namespace ladder;
using namespace ladder::beyond_one_machine;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr auto short_lease = 300ms;

/// The database's clock decides, so we ask it until it says so.
void until_redelivered(queue& by, std::uint64_t batches) {
    for (std::uint64_t so_far = 0; so_far < batches;)
        so_far += by.redeliver();
}

struct two_machines {
    two_machines(private_database& d, const std::string& job,
                 std::chrono::milliseconds lease = 60s)
        : first_connection(d.connect()),
          second_connection(d.connect()),
          a(*first_connection, {job, "a", lease}),
          b(*second_connection, {job, "b", lease}) {}

    std::unique_ptr<sql> first_connection, second_connection;
    queue a, b;
};

void claims(private_database& d) {
    load(*d.connect(), "claims", 45, 10);
    two_machines m{d, "claims"};
    const auto one = m.a.claim(2), other = m.b.claim(10);
    REQUIRE(one.size() == 2);
    REQUIRE(other.size() == 3);
    CHECK(one[0].first == 1);
    CHECK(one[1].first == 11);
    CHECK(other[2].first == 41);
    CHECK(other[2].n == 5);
    CHECK(other[2].urls == "41 http://host/41\n42 http://host/42\n43 http://host/43\n"
                           "44 http://host/44\n45 http://host/45\n");
    CHECK(m.a.claim(1).empty());
    CHECK_FALSE(m.a.finished());
    for (const batch& each : one)
        CHECK(m.a.acknowledge(each, outcome_of(each)));
    CHECK(m.a.acknowledge(one[0], "twice")); // the answer was lost, and it asks again
    for (const batch& each : other)
        CHECK(m.b.acknowledge(each, outcome_of(each)));
    CHECK(m.a.finished());
    CHECK(audit_job(*d.connect(), "claims", "").empty());
}

void fences(private_database& d) {
    load(*d.connect(), "fences", 10, 10);
    two_machines m{d, "fences", short_lease};
    const auto late = m.a.claim(1);
    REQUIRE(late.size() == 1);
    CHECK(m.b.claim(1).empty());
    until_redelivered(m.b, 1);
    CHECK_FALSE(m.a.acknowledge(late[0], "nobody asked any more"));
    const auto again = m.b.claim(1);
    REQUIRE(again.size() == 1);
    CHECK(again[0].fence == late[0].fence + 1);
    CHECK(again[0].deaths == 1);
    CHECK_FALSE(m.a.acknowledge(late[0], "too late"));
    CHECK(m.a.renew({}).empty()); // and so it learns that nothing is its own
    CHECK(m.b.renew({}).size() == 1);
    CHECK(m.b.acknowledge(again[0], outcome_of(again[0])));
    CHECK_FALSE(m.a.acknowledge(late[0], "much too late"));
    CHECK(audit_job(*d.connect(), "fences", "").empty());

    // Not redelivered yet: it is late, and nobody minds.
    load(*d.connect(), "late", 10, 10);
    two_machines l{d, "late", short_lease};
    const auto slow = l.a.claim(1);
    until_redelivered(l.b, 1);
    CHECK(l.a.claim(1).size() == 1); // its own again, with another fence
    CHECK_FALSE(l.a.acknowledge(slow.at(0), "of the first lease"));
}

void leases_are_renewed(private_database& d) {
    load(*d.connect(), "renewed", 10, 10);
    two_machines m{d, "renewed"};
    const auto mine = m.a.claim(1);
    const auto database = d.connect();
    const auto until = [&] {
        return database
            ->ask("select cast(lease_until as char) from lease where owner like 'a/%'"
                  " and job = ?",
                  {find_job(*database, "renewed")})
            .rows.at(0)
            .at(0);
    };
    const std::string before = until();
    while (until() == before) // the clock has thousandths
        CHECK(m.a.renew({}).size() == 1);
    CHECK(until() > before);
    CHECK(m.a.acknowledge(mine.at(0), outcome_of(mine.at(0))));
}

void give_backs(private_database& d) {
    load(*d.connect(), "back", 20, 10);
    two_machines m{d, "back"};
    CHECK(m.a.claim(2).size() == 2);
    m.a.give_back();
    const auto again = m.b.claim(2);
    REQUIRE(again.size() == 2);
    CHECK(again[0].deaths == 0);
    m.a.give_back(); // it has nothing to give
    CHECK(m.b.renew({}).size() == 2);
}

void poison(private_database& d) {
    load(*d.connect(), "poison", 25, 10);
    two_machines m{d, "poison", short_lease};
    const auto healthy = m.b.claim(3);
    REQUIRE(healthy.size() == 3);
    m.b.give_back();
    for (std::uint64_t deaths = 0; deaths < 2; ++deaths) {
        const auto dead = m.a.claim(1);
        REQUIRE(dead.size() == 1);
        CHECK(dead[0].first == 1);
        until_redelivered(m.b, 1);
    }
    CHECK(m.b.claim(5).size() == 2); // without the suspect
    CHECK(m.a.claim(5).empty());
    m.b.give_back();
    CHECK_FALSE(m.a.bury());
    const auto suspect = m.a.claim(5, true);
    REQUIRE(suspect.size() == 1);
    CHECK(suspect[0].first == 1);
    CHECK(suspect[0].n == 10);
    until_redelivered(m.b, 1);
    CHECK(m.b.bury()); // ten lines of their own
    CHECK_FALSE(m.b.bury());
    auto lines = m.a.claim(100);
    REQUIRE(lines.size() == 12);
    CHECK(lines[0].n == 1);
    CHECK(lines[0].urls == "1 http://host/1\n");
    CHECK(lines[10].n == 10);
    m.a.give_back();

    // All of them die together once; then each is alone, and line 3 kills.
    CHECK(m.a.claim(10).back().n == 1);
    until_redelivered(m.b, 10);
    while (true) {
        const auto one = m.a.claim(1, true);
        if (one.empty()) break;
        REQUIRE(one.size() == 1);
        if (one[0].first == 3)
            until_redelivered(m.b, 1);
        else
            CHECK(m.a.acknowledge(one[0], outcome_of(one[0])));
    }
    CHECK(m.b.bury());
    for (const batch& each : m.b.claim(10))
        CHECK(m.b.acknowledge(each, outcome_of(each)));
    CHECK(m.b.finished());
    CHECK(audit_job(*d.connect(), "poison", "").empty());

    const temporary_folder folder;
    const auto database = d.connect();
    drainer drain{*database, "poison", folder / "results"};
    while (drain.drain() > 0) {
    }
    CHECK(drain.finished());
    CHECK(audit_job(*database, "poison", folder / "results").empty());
    std::ifstream in{folder / "results"};
    std::string line, given_up;
    while (std::getline(in, line))
        if (line.find("given up") != line.npos) given_up += line;
    CHECK_THAT(given_up, ContainsSubstring("{\"n\":3,") &&
                             ContainsSubstring("given up: 3 machines died with it"));
}

void loading_again(private_database& d) {
    const auto database = d.connect();
    load(*database, "again", 250, 10);
    load(*database, "again", 250, 10);
    const auto status = look_at_job(*database, "again");
    CHECK(status.lines == 250);
    CHECK(status.ready == 250);
    CHECK(loader{*database, "again", 10}.ready() == 25);
    CHECK_THROWS_WITH(loader(*database, "again", 20),
                      "the job 'again' was begun with --batch 10, and goes on only so");
    loader other{*database, "again", 10};
    for (std::uint64_t n = 1; n < 10; ++n)
        other.add(n, "http://host/" + std::to_string(n));
    other.add(10, "http://elsewhere/");
    CHECK_THROWS_WITH(other.end(), ContainsSubstring("has another list"));
    CHECK(look_at_job(*database, "again").lines == 250);
    CHECK_THROWS_WITH(look_at_job(*database, "never"),
                      ContainsSubstring("no job 'never'"));

    loader half{*database, "half", 10}; // killed before its end: nobody is finished
    for (std::uint64_t n = 1; n <= 101; ++n)
        half.add(n, "http://host/" + std::to_string(n));
    queue q{*database, {"half", "a", 60s}};
    for (const batch& each : q.claim(16))
        CHECK(q.acknowledge(each, outcome_of(each)));
    CHECK_FALSE(q.finished());
    CHECK_THAT(audit_job(*database, "half", "").at(0), ContainsSubstring("not loaded"));
    load(*database, "half", 101, 10);
    for (const batch& each : q.claim(16))
        CHECK(q.acknowledge(each, outcome_of(each)));
    CHECK(q.finished());

    forget_job(*database, "half");
    CHECK_THROWS(look_at_job(*database, "half"));
    CHECK(look_at_job(*database, "again").lines == 250);
}

/// Lines up to `end`, without those from `gap` on, of which there are `missing`.
void load_lines(loader& into, std::uint64_t end, std::uint64_t gap = 0,
                std::uint64_t missing = 0) {
    for (std::uint64_t n = 1; n <= end; ++n)
        if (n < gap || n >= gap + missing)
            into.add(n, "http://host/" + std::to_string(n));
}

/// Whatever is loaded under the name of a job, it stays one list.
void other_lists(private_database& d) {
    const auto database = d.connect();
    const auto there = [&](const std::string& job) {
        return database
            ->ask("select count(*), coalesce(cast(sum(n) as unsigned), 0), (select"
                  " count(*) from lease where lease.job = task.job) from task"
                  " where job = ?",
                  {find_job(*database, job)})
            .rows.at(0);
    };
    const auto refused = [&](const std::string& job, std::uint64_t end,
                             const std::string& why, std::uint64_t gap = 0,
                             std::uint64_t missing = 0) {
        INFO(job << ", up to line " << end << ", without " << missing << " at " << gap);
        const auto before = there(job);
        CHECK_THROWS_WITH(([&] {
                              loader into{*database, job, 10};
                              load_lines(into, end, gap, missing);
                              into.end();
                          }()),
                          "the job '" + job + "' has another list: " + why +
                              "; give this one another name");
        CHECK(there(job) == before);
    };

    load(*database, "ends in a batch", 125, 10);
    refused("ends in a batch", 155, "it differs in line 121 or after it");
    refused("ends in a batch", 126, "it differs in line 121 or after it");
    refused("ends in a batch", 130, "it differs in line 121 or after it");
    refused("ends in a batch", 124, "it differs in line 121 or after it");
    refused("ends in a batch", 120, "it goes on after line 120");
    refused("ends in a batch", 126, "it differs in line 122 or after it", 121, 1);
    load(*database, "ends with a batch", 120, 10);
    refused("ends with a batch", 121, "it differs in line 121 or after it");
    refused("ends with a batch", 130, "it differs in line 121 or after it");
    refused("ends with a batch", 110, "it goes on after line 110");
    refused("ends with a batch", 123, "it differs in line 114 or after it", 111, 3);
    for (const char* job : {"ends in a batch", "ends with a batch"}) {
        const auto lines = *look_at_job(*database, job).lines;
        load(*database, job, lines, 10);
        queue q{*database, {job, "a", 60s}};
        for (const batch& each : q.claim(100))
            CHECK(q.acknowledge(each, outcome_of(each)));
        CHECK(q.finished());
        CHECK(audit_job(*database, job, "").empty());
    }

    // Broken off: ten batches are there, and its end is unknown.
    load_lines(*std::make_unique<loader>(*database, "broken off", 10), 115);
    refused("broken off", 95, "it differs in line 91 or after it");
    refused("broken off", 90, "it goes on after line 90");
    refused("broken off", 104, "it differs in line 94 or after it", 91, 3);
    CHECK_FALSE(look_at_job(*database, "broken off").lines);
    load(*database, "broken off", 115, 10);
    CHECK(look_at_job(*database, "broken off").lines == 115);
    CHECK(there("broken off").at(0) == "12");

    // Broken off between its last batch, one of whose lines has become one by poison, and
    // its end.
    load(*database, "nearly", 25, 10);
    const auto id = find_job(*database, "nearly");
    database->ask("update job set lines_ = null where id = ?", {id});
    database->ask("update lease set deaths = 3 where job = ? and first = 21", {id});
    CHECK(queue{*database, {"nearly", "a", 60s}}.bury());
    refused("nearly", 28, "it differs in line 21 or after it");
    refused("nearly", 24, "it differs in line 21 or after it");
    refused("nearly", 21, "it goes on after line 21");
    refused("nearly", 20, "it goes on after line 20");
    load(*database, "nearly", 25, 10);
    CHECK(look_at_job(*database, "nearly").loaded == 25);

    // Two at once: the second one has seen nothing of the first one's when it begins.
    const auto another_connection = d.connect();
    loader first{*database, "two", 10}, second{*another_connection, "two", 10};
    load_lines(first, 25);
    load_lines(second, 28);
    first.end();
    CHECK_THROWS_WITH(second.end(), ContainsSubstring("has another list"));
    CHECK(there("two").at(1) == "25");

    loader forgotten{*database, "forgotten", 10};
    forgotten.add(1, "http://host/1");
    forget_job(*database, "forgotten");
    CHECK_THROWS_WITH(forgotten.end(), ContainsSubstring("was forgotten"));
}

/// Who is still at work when a job is removed is told, and leaves nothing there.
void forgetting(private_database& d) {
    const temporary_folder folder;
    const auto database = d.connect();
    load(*database, "gone", 30, 10);
    const auto id = find_job(*database, "gone");
    queue q{*database, {"gone", "a", 60s}};
    const auto got = q.claim(1);
    REQUIRE(got.size() == 1);
    drainer drain{*database, "gone", folder / "results"};
    CHECK_FALSE(q.finished());
    CHECK_FALSE(drain.finished());
    forget_job(*database, "gone");
    CHECK_THROWS_WITH(q.finished(), "the job is not in this queue any more");
    CHECK_THROWS_WITH(drain.finished(), "the job is not in this queue any more");
    CHECK_FALSE(q.acknowledge(got[0], outcome_of(got[0])));
    CHECK(q.renew({}).empty());
    for (const std::string table : {"task", "lease", "outcome", "machine"}) {
        INFO(table);
        CHECK(database->ask("select count(*) from " + table + " where job = ?", {id})
                  .number(0, 0) == 0);
    }
}

void draining(private_database& d) {
    const temporary_folder folder;
    const std::string file = folder / "results";
    const auto database = d.connect();
    load(*database, "drain", 30, 10);
    queue q{*database, {"drain", "a", 60s}};
    const auto got = q.claim(3);
    CHECK(q.acknowledge(got.at(0), outcome_of(got.at(0))));
    drainer first{*database, "drain", file};
    CHECK(first.drain() == 1);
    CHECK(first.drain() == 0);
    CHECK_FALSE(first.finished());
    const auto whole = std::filesystem::file_size(file);

    std::ofstream{file, std::ios::app} << outcome_of(got[1]) << "{\"n\":1"; // killed here
    CHECK(q.acknowledge(got.at(1), outcome_of(got.at(1))));
    drainer second{*database, "drain", file};
    CHECK(std::filesystem::file_size(file) == whole);
    CHECK_THROWS_WITH(first.drain(), "another drain has taken over");
    std::filesystem::resize_file(file, whole);
    CHECK(second.drain() == 1);
    CHECK(q.acknowledge(got.at(2), outcome_of(got.at(2))));
    CHECK(second.drain() == 1);
    CHECK(second.finished());
    CHECK(audit_job(*database, "drain", file).empty());

    CHECK_THROWS_WITH(drainer(*database, "drain", folder / "other"),
                      ContainsSubstring("goes on only there"));
    std::filesystem::resize_file(file, whole);
    CHECK_THROWS_WITH(drainer(*database, "drain", file),
                      ContainsSubstring("has lost something"));
    load(*database, "drain2", 30, 10);
    std::ofstream{folder / "mine"} << "a letter\n";
    CHECK_THROWS_WITH(drainer(*database, "drain2", folder / "mine"),
                      ContainsSubstring("is not of this job"));
    CHECK(std::filesystem::file_size(folder / "mine") == 9);
}

/// Each of these would be a lost or a doubled outcome.
void audits(private_database& d) {
    const temporary_folder folder;
    const std::string file = folder / "results";
    const auto database = d.connect();
    load(*database, "audit", 30, 10);
    queue q{*database, {"audit", "a", 60s}};
    CHECK_THAT(audit_job(*database, "audit", "").at(0),
               ContainsSubstring("3 batches are not done"));
    for (const batch& each : q.claim(3))
        CHECK(q.acknowledge(each, outcome_of(each)));
    drainer drain{*database, "audit", file};
    while (drain.drain() > 0) {
    }
    CHECK(audit_job(*database, "audit", file).empty());

    std::ofstream{file, std::ios::app} << "{\"n\":7,\"url\":\"x\"}\n{\"n\":8";
    CHECK_THAT(audit_job(*database, "audit", file).at(0),
               ContainsSubstring("has 1 URLs twice"));
    const auto id = find_job(*database, "audit");
    database->ask("delete from outcome where job = ? and first = 11", {id});
    CHECK_THAT(audit_job(*database, "audit", "").at(0),
               ContainsSubstring("1 batches are done, without outcome"));
    database->ask("delete from lease where job = ? and first = 21", {id});
    const auto wrong = audit_job(*database, "audit", "");
    CHECK(wrong.size() == 3);
    CHECK_THAT(wrong.at(0),
               ContainsSubstring("the list has 30 URLs, the batches have 20"));
}

void steps(private_database& d) {
    const auto database = d.connect({.patience = 0ms});
    CHECK_THROWS_WITH(database->ask("select nonsense"), ContainsSubstring("nonsense"));
    CHECK(database->ask("select 1 + 1").number(0, 0) == 2); // goes on after that
    int tries = 0;
    database->step([&](const sql::run& run, bool again) {
        CHECK(again == (tries > 0));
        if (++tries < 3) throw sql_error{sql_error::kind::collision, "somebody"};
        run("select 1", {});
    });
    CHECK(tries == 3);

    // A machine whose network goes in a transaction holds up nobody for long.
    load(*database, "silent", 10, 10);
    two_machines m{d, "silent", 1ms};
    const auto silent = d.connect({.answer = 1s});
    const auto job = find_job(*database, "silent");
    CHECK(m.a.claim(1).size() == 1);
    tries = 0;
    silent->transaction([&](const sql::run& run, bool) {
        if (++tries > 1) return false;
        run("update lease set state = 'done' where job = ?", {job});
        until_redelivered(m.b, 1);
        run("select 1", {}); // the server has ended it
        return true;
    });
    CHECK(tries == 2);
    CHECK(m.b.claim(1).size() == 1);

    const auto patient = d.connect();
    tries = 0;
    patient->step([&](const sql::run& run, bool) {
        // The server ends the connection, and nobody knows what was done.
        if (++tries == 1) run("kill connection_id()", {});
    });
    CHECK(tries == 2);
}

} // namespace

TEST_CASE("MariaDB: the protocol of the queue") {
    skip_without_database();
    private_database d;
    CHECK_THROWS_WITH(look_at_job(*d.connect(), "never"), // there are no tables, even
                      ContainsSubstring("no job 'never'"));
    claims(d);
    fences(d);
    leases_are_renewed(d);
    give_backs(d);
    poison(d);
    loading_again(d);
    other_lists(d);
    forgetting(d);
    draining(d);
    audits(d);
    steps(d);
}
