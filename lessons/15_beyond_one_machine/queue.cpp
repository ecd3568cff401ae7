#include "queue.hpp"

#include "records.hpp"
#include "workbench/interleave.hpp"

#include <fmt/format.h>

#include <random>
#include <utility>

#include <unistd.h>

namespace ladder::beyond_one_machine {

namespace {

batch batch_of(const sql_answer& answer, std::size_t row) {
    batch result{.first = answer.number(row, 0),
                 .n = answer.number(row, 1),
                 .fence = answer.number(row, 2),
                 .deaths = answer.number(row, 3)};
    if (answer.rows[row].size() > 4) result.urls = answer.rows[row][4];
    return result;
}

std::vector<batch> batches_of(const sql_answer& answer) {
    std::vector<batch> result;
    for (std::size_t i = 0; i < answer.rows.size(); ++i)
        result.push_back(batch_of(answer, i));
    return result;
}

std::uint64_t microseconds(std::chrono::milliseconds time) {
    return static_cast<std::uint64_t>(std::chrono::microseconds{time}.count());
}

} // namespace

queue::queue(sql& database, settings s)
    : database_(database),
      settings_(std::move(s)),
      job_(find_job(database, settings_.job)),
      owner_(fmt::format("{}/{}-{:08x}", settings_.machine, ::getpid(),
                         std::random_device{}())) {}

// [claim]
std::vector<batch> queue::claim(std::size_t most, bool alone) {
    ++claims_;
    std::vector<batch> ours;
    database_.step([&](const sql::run& run, bool again) {
        const auto look = [&] {
            ours = batches_of(
                run("select first, n, fence, deaths, urls"
                    " from lease join task using (job, first, n)"
                    " where job = ? and owner = ? and claim = ? and state = 'leased'"
                    " order by first",
                    {job_, owner_, claims_}));
        };
        if (again) look(); // the answer was lost, and perhaps nothing else
        if (!ours.empty()) return;
        const auto taken = run(
            "update lease set state = 'leased', fence = fence + 1, owner = ?,"
            " claim = ?, lease_until = utc_timestamp(3) + interval ? microsecond"
            " where job = ? and state = 'ready' and deaths between ? and ?"
            " order by first limit ?",
            {owner_, claims_, microseconds(settings_.lease), job_,
             alone ? deaths_until_alone : 0U,
             alone ? deaths_until_split - 1 : deaths_until_alone - 1, alone ? 1U : most});
        if (taken.affected > 0) look();
    });
    point("queue: claimed");
    return ours;
}

// [/claim]

// [acknowledge]
bool queue::acknowledge(const batch& what, const std::string& outcome,
                        std::uint64_t failed) {
    bool recorded = false;
    point("queue: before the acknowledgement");
    database_.transaction([&](const sql::run& run, bool) {
        const auto changed = run("update lease set state = 'done' where job = ?"
                                 " and first = ? and n = ? and state = 'leased'"
                                 " and owner = ? and fence = ?",
                                 {job_, what.first, what.n, owner_, what.fence});
        recorded = changed.affected == 1;
        if (!recorded) { // somebody else's now; or done, and the answer was lost
            recorded = !run("select 1 from outcome where job = ? and first = ? and n = ?"
                            " and owner = ? and fence = ?",
                            {job_, what.first, what.n, owner_, what.fence})
                            .rows.empty();
            return false;
        }
        run("insert into outcome (job, first, n, fence, owner, failed, body)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            {job_, what.first, what.n, what.fence, owner_, failed, outcome});
        point("queue: before the commit");
        return true;
    });
    point("queue: acknowledged");
    return recorded;
}

// [/acknowledge]

std::vector<batch> queue::renew(const machine_report& report) {
    std::vector<batch> ours;
    database_.step([&](const sql::run& run, bool) {
        run("update lease set lease_until = utc_timestamp(3) + interval ? microsecond"
            " where job = ? and state = 'leased' and owner = ?",
            {microseconds(settings_.lease), job_, owner_});
        ours = batches_of(run("select first, n, fence, deaths from lease"
                              " where job = ? and state = 'leased' and owner = ?",
                              {job_, owner_}));
        run("insert into machine (job, owner, began, seen, done, failed)"
            " select id, ?, utc_timestamp(3), utc_timestamp(3), ?, ? from job"
            " where id = ? on duplicate key update"
            " seen = values(seen), done = values(done), failed = values(failed)",
            {owner_, report.done, report.failed, job_});
    });
    return ours;
}

void queue::give_back() {
    database_.ask("update lease set state = 'ready', lease_until = null"
                  " where job = ? and state = 'leased' and owner = ?",
                  {job_, owner_});
}

std::uint64_t queue::redeliver() {
    return database_
        .ask("update lease set state = 'ready', deaths = deaths + 1"
             " where job = ? and state = 'leased' and lease_until < utc_timestamp(3)",
             {job_})
        .affected;
}

bool queue::bury() {
    bool buried = false;
    database_.transaction([&](const sql::run& run, bool) {
        const auto found = run("select first, n, fence, deaths, urls"
                               " from lease join task using (job, first, n)"
                               " where job = ? and state = 'ready' and deaths >= ?"
                               " order by first limit 1",
                               {job_, deaths_until_split});
        buried = !found.rows.empty();
        if (!buried) return false;
        const batch dead = batch_of(found, 0);
        const auto changed =
            run("update lease set state = ? where job = ? and first = ?"
                " and n = ? and state = 'ready' and fence = ?",
                {dead.n > 1 ? "split" : "done", job_, dead.first, dead.n, dead.fence});
        if (changed.affected == 0) return false; // another machine did it
        std::size_t at = 0;
        while (const auto line = line_at(dead.urls, at)) {
            if (dead.n == 1) {
                run("insert into outcome (job, first, n, fence, owner, failed, body)"
                    " values (?, ?, 1, ?, '', 1, ?)",
                    {job_, line->number, dead.fence,
                     given_up_record(line->number, line->url, dead.deaths)});
                continue;
            }
            run("insert into task (job, first, n, urls) values (?, ?, 1, ?)",
                {job_, line->number, fmt::format("{} {}\n", line->number, line->url)});
            run("insert into lease (job, first, n, state, deaths)"
                " values (?, ?, 1, 'ready', 1)",
                {job_, line->number});
        }
        return true;
    });
    return buried;
}

bool queue::finished() {
    return job_is_over(database_, job_, "'ready', 'leased'");
}

bool job_is_over(sql& database, std::uint64_t job, const std::string& open_states) {
    const auto answer = database.ask(
        "select lines_ is not null, exists (select 1 from lease where job = id"
        " and state in (" +
            open_states + ")) from job where id = ?",
        {job});
    if (answer.rows.empty())
        throw std::invalid_argument{"the job is not in this queue any more"};
    return answer.number(0, 0) == 1 && answer.number(0, 1) == 0;
}

std::uint64_t find_job(sql& database, const std::string& name) {
    sql_answer found; // without tables, nobody has ever begun one
    if (!database.ask("show tables like 'job'").rows.empty())
        found = database.ask("select id from job where name = ?", {name});
    if (found.rows.empty())
        throw std::invalid_argument{
            fmt::format("there is no job '{}' in this queue; begin it with: "
                        "fetch_list load --job {} -i FILE",
                        name, name)};
    return found.number(0, 0);
}

} // namespace ladder::beyond_one_machine
