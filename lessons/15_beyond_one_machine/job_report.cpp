#include "job_report.hpp"

#include "fetcher/job.hpp"
#include "fetcher/journal.hpp"
#include "fetcher/progress.hpp"
#include "queue.hpp"
#include "records.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <iterator>

namespace ladder::beyond_one_machine {

namespace {

constexpr double lately = 60; // seconds

double decimal(const std::string& text) {
    return text.empty() ? 0 : std::stod(text);
}

} // namespace

std::optional<double> job_status::seconds_left() const {
    double rate = 0;
    for (const machine& m : machines)
        if (m.silent < lately && m.leased > 0) rate += m.rate();
    if (rate == 0 || !lines) return {};
    return double(*lines - done - drained) / rate;
}

job_status look_at_job(sql& database, const std::string& name) {
    const std::uint64_t job = find_job(database, name);
    job_status status;
    const auto about = database.ask("select lines_ from job where id = ?", {job});
    if (!about.rows.empty() && !about.rows[0][0].empty())
        status.lines = about.number(0, 0);
    const auto states =
        database.ask("select state, cast(sum(n) as unsigned), cast(sum(deaths) as"
                     " unsigned) from lease where job = ? group by state",
                     {job});
    for (std::size_t i = 0; i < states.rows.size(); ++i) {
        const std::string& state = states.rows[i][0];
        const std::uint64_t urls = states.number(i, 1);
        status.deaths += states.number(i, 2);
        if (state == "split") continue; // its lines are counted where they are
        status.loaded += urls;
        (state == "ready"    ? status.ready
         : state == "leased" ? status.leased
         : state == "done"   ? status.done
                             : status.drained) = urls;
    }
    status.failed =
        database
            .ask("select cast(coalesce(sum(failed), 0) as unsigned) from outcome"
                 " where job = ?",
                 {job})
            .number(0, 0);
    const auto machines =
        database.ask("select owner, timestampdiff(microsecond, began, seen),"
                     " timestampdiff(microsecond, seen, utc_timestamp(3)), done, failed,"
                     " (select count(*) from lease where lease.job = machine.job"
                     "  and state = 'leased' and lease.owner = machine.owner)"
                     " from machine where job = ? order by began, owner",
                     {job});
    for (std::size_t i = 0; i < machines.rows.size(); ++i)
        status.machines.push_back({.owner = machines.rows[i][0],
                                   .seconds = decimal(machines.rows[i][1]) / 1e6,
                                   .silent = decimal(machines.rows[i][2]) / 1e6,
                                   .done = machines.number(i, 3),
                                   .failed = machines.number(i, 4),
                                   .leased = machines.number(i, 5)});
    return status;
}

std::string status_text(const job_status& s) {
    std::string text = fmt::format(
        "{} URLs loaded{}: {} ready, {} leased, {} done, {} drained; {} failed, {} "
        "leases expired\n",
        s.loaded, s.lines ? "" : " so far", s.ready, s.leased, s.done, s.drained,
        s.failed, s.deaths);
    if (const auto left = s.seconds_left())
        text += fmt::format("{} left\n", fetcher::duration_text(*left));
    if (s.machines.empty()) return text + "no machine was here\n";
    std::size_t width = 7;
    for (const auto& m : s.machines)
        width = std::max(width, m.owner.size());
    text +=
        fmt::format("{:{}}     done  failed  URLs/s  batches  seen\n", "machine", width);
    for (const auto& m : s.machines)
        text +=
            fmt::format("{:{}} {:8} {:7} {:7.0f} {:8}  {} ago\n", m.owner, width, m.done,
                        m.failed, m.rate(), m.leased, fetcher::duration_text(m.silent));
    return text;
}

std::string status_json(const job_status& s) {
    boost::json::array machines;
    for (const auto& m : s.machines)
        machines.push_back(boost::json::object{{"owner", m.owner},
                                               {"done", m.done},
                                               {"failed", m.failed},
                                               {"urls_per_second", m.rate()},
                                               {"leased_batches", m.leased},
                                               {"seen_seconds_ago", m.silent}});
    boost::json::object all{{"loaded", s.loaded},   {"ready", s.ready},
                            {"leased", s.leased},   {"done", s.done},
                            {"drained", s.drained}, {"failed", s.failed},
                            {"expired", s.deaths}};
    all["lines"] = s.lines ? boost::json::value(*s.lines) : nullptr;
    const auto left = s.seconds_left();
    all["seconds_left"] = left ? boost::json::value(*left) : nullptr;
    all["machines"] = std::move(machines);
    return boost::json::serialize(all) + "\n";
}

// [audit]
std::vector<std::string> audit_job(sql& database, const std::string& name,
                                   const std::string& results) {
    std::vector<std::string> wrong;
    const auto expect = [&](bool is_so, std::string text) {
        if (!is_so) wrong.push_back(std::move(text));
    };
    // On a cluster: not before this node knows all that the others have committed.
    const auto ask = [&](std::string_view statement, auto... values) {
        sql_answer answer;
        database.step([&](const sql::run& run, bool) {
            run("set session wsrep_sync_wait = 1", {});
            answer = run(statement, {values...});
            run("set session wsrep_sync_wait = 0", {});
        });
        return answer.number(0, 0);
    };
    const std::uint64_t job = find_job(database, name);
    const auto lines = ask("select coalesce(lines_, 0) from job where id = ?", job);
    const auto unsplit = ask("select cast(coalesce(sum(n), 0) as unsigned) from lease"
                             " where job = ? and state <> 'split'",
                             job);
    const auto tasks = ask("select cast(coalesce(sum(n), 0) as unsigned)"
                           " from task join lease using (job, first, n)"
                           " where job = ? and state <> 'split'",
                           job);
    const auto open = ask("select count(*) from lease where job = ?"
                          " and state in ('ready', 'leased')",
                          job);
    const auto without = ask("select count(*) from lease left join outcome"
                             " using (job, first, n) where lease.job = ?"
                             " and state in ('done', 'drained')"
                             " and outcome.body is null",
                             job);
    const auto unasked = ask("select count(*) from outcome left join lease"
                             " using (job, first, n) where outcome.job = ? and"
                             " (state is null or state not in ('done', 'drained'))",
                             job);
    expect(lines > 0, "the list is not loaded to its end");
    expect(lines == unsplit,
           fmt::format("the list has {} URLs, the batches have {}", lines, unsplit));
    expect(tasks == unsplit, fmt::format("{} of {} URLs are there", tasks, unsplit));
    expect(open == 0, fmt::format("{} batches are not done", open));
    expect(without == 0, fmt::format("{} batches are done, without outcome", without));
    expect(unasked == 0,
           fmt::format("{} outcomes are of no batch that is done", unasked));
    if (results.empty()) return wrong;

    fetcher::done_lines seen;
    std::uint64_t twice = 0, no_lines = 0;
    fetcher::for_each_line(results, [&](std::string_view line) {
        const auto n = fetcher::record_number(line);
        if (!n)
            ++no_lines;
        else if (!seen.insert(*n))
            ++twice;
    });
    expect(seen.size() == lines,
           fmt::format("{} has {} of {} URLs", results, seen.size(), lines));
    expect(twice == 0, fmt::format("{} has {} URLs twice", results, twice));
    expect(no_lines == 0, fmt::format("{} has {} broken lines", results, no_lines));
    return wrong;
}

// [/audit]

} // namespace ladder::beyond_one_machine
