#include "list_keeper.hpp"

#include "fetcher/results_file.hpp"
#include "workbench/interleave.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace ladder::beyond_one_machine {

loader::loader(sql& database, const std::string& name, std::uint64_t batch_size)
    : database_(database),
      name_(name),
      size_(batch_size) {
    make_tables(database);
    database.ask("insert ignore into job (name, size, began)"
                 " values (?, ?, utc_timestamp(3))",
                 {name, batch_size});
    job_ = find_job(database, name);
    const auto begun = database.ask("select size from job where id = ?", {job_});
    if (begun.number(0, 0) != batch_size)
        throw std::invalid_argument{
            fmt::format("the job '{}' was begun with --batch {}, and goes on only so",
                        name, begun.number(0, 0))};
}

void loader::add(std::uint64_t number, std::string_view url) {
    if (rows_.empty() || rows_.back().what.n == size_) {
        if (rows_.size() == rows_together) flush();
        rows_.push_back({.what = {.first = number}, .after = last_});
    }
    batch& last = rows_.back().what;
    fmt::format_to(std::back_inserter(last.urls), "{} {}\n", number, url);
    ++last.n;
    ++lines_;
    last_ = number;
}

/// Loaders of one job take turns: until the transaction ends, its row is locked. Returns
/// whether its list is loaded to the end.
bool loader::lock_job(const sql::run& run) const {
    const auto job = run("select lines_ from job where id = ? for update", {job_});
    if (job.rows.empty())
        throw std::invalid_argument{
            fmt::format("the job '{}' was forgotten while it was loaded", name_)};
    return !job.rows[0][0].empty();
}

bool loader::has_lines_after(const sql::run& run, std::uint64_t number) const {
    return !run("select 1 from task where job = ? and first > ? limit 1", {job_, number})
                .rows.empty();
}

std::invalid_argument loader::another_list(std::string_view what_differs) const {
    return std::invalid_argument{
        fmt::format("the job '{}' has another list: {}; give this one another name",
                    name_, what_differs)};
}

/// A list is loaded in its order. So a batch is new only where the queue has nothing: not
/// after the end of a list, and not before a line that is there.
void loader::flush() {
    database_.transaction([&](const sql::run& run, bool) {
        const bool loaded = lock_job(run);
        for (const auto& [b, after] : rows_) {
            if (!loaded && !has_lines_after(run, after)) {
                run("insert into task (job, first, n, urls) values (?, ?, ?, ?)",
                    {job_, b.first, b.n, b.urls});
                run("insert into lease (job, first, n, state) values (?, ?, ?, 'ready')",
                    {job_, b.first, b.n});
            } else if (run("select 1 from task where job = ? and first = ? and n = ?"
                           " and urls = ?",
                           {job_, b.first, b.n, b.urls})
                           .rows.empty()) {
                throw another_list(
                    fmt::format("it differs in line {} or after it", b.first));
            }
        }
        return true;
    });
    rows_.clear();
    point("loader: ten batches");
}

void loader::end() {
    flush();
    point("loader: before the end");
    database_.transaction([&](const sql::run& run, bool) {
        lock_job(run);
        if (has_lines_after(run, last_))
            throw another_list(fmt::format("it goes on after line {}", last_));
        run("update job set lines_ = ? where id = ?", {lines_, job_});
        return true;
    });
}

std::uint64_t loader::ready() {
    return database_
        .ask("select count(*) from lease where job = ? and state = 'ready'", {job_})
        .number(0, 0);
}

drainer::drainer(sql& database, const std::string& name, const std::string& file)
    : database_(database),
      job_(find_job(database, name)),
      file_(std::filesystem::weakly_canonical(std::filesystem::absolute(file))) {
    const auto known =
        database.ask("select drained_bytes, results from job where id = ?", {job_});
    bytes_ = known.number(0, 0);
    const std::string& before = known.rows[0][1];
    std::error_code none;
    const auto size = std::filesystem::file_size(file_, none);
    const std::uint64_t there = none ? 0 : size;
    if (!before.empty() && before != file_)
        throw std::invalid_argument{fmt::format(
            "the job '{}' is drained into {}, and goes on only there", name, before)};
    if (before.empty() && there > 0)
        throw std::invalid_argument{file_ + " is there, and is not of this job"};
    if (there < bytes_)
        throw std::invalid_argument{
            fmt::format("{} has lost something: {} bytes of {}", file_, there, bytes_)};
    // Before it becomes the job's file: can we write there?
    const fetcher::results_file ours{file_, fetcher::results_file::existing::continued};
    database.step([&](const sql::run& run, bool) {
        run("update job set drain = drain + 1, results = ? where id = ?", {file_, job_});
        fence_ = run("select drain from job where id = ?", {job_}).number(0, 0);
    });
    if (there > bytes_) std::filesystem::resize_file(file_, bytes_);
}

std::uint64_t drainer::drain() {
    const auto found = database_.ask(
        "select first, n, body from lease join outcome using (job, first, n)"
        " where job = ? and state = 'done' order by first limit 20",
        {job_});
    if (found.rows.empty()) return 0;
    fetcher::results_file out{file_, fetcher::results_file::existing::continued};
    std::uint64_t after = bytes_;
    for (const auto& row : found.rows) {
        out.add(row[2]);
        after += row[2].size();
    }
    out.flush();
    out.make_durable();
    point("drainer: written");
    bool ours = false;
    database_.transaction([&](const sql::run& run, bool) {
        ours = run("update job set drained_bytes = ? where id = ? and drain = ?"
                   " and drained_bytes = ?",
                   {after, job_, fence_, bytes_})
                   .affected == 1;
        if (!ours) { // or it was us, and the answer was lost
            ours = !run("select 1 from job where id = ? and drain = ?"
                        " and drained_bytes = ?",
                        {job_, fence_, after})
                        .rows.empty();
            return false;
        }
        for (std::size_t i = 0; i < found.rows.size(); ++i)
            run("update lease set state = 'drained' where job = ? and first = ?"
                " and n = ? and state = 'done'",
                {job_, found.number(i, 0), found.number(i, 1)});
        return true;
    });
    if (!ours) throw std::invalid_argument{"another drain has taken over"};
    bytes_ = after;
    point("drainer: marked");
    return found.rows.size();
}

bool drainer::finished() {
    return job_is_over(database_, job_, "'ready', 'leased', 'done'");
}

/// Table by table, because a cluster refuses a transaction of all of it. Then the job,
/// and what a loader has added meanwhile: loaders lock the job's row, and so do we.
void forget_job(sql& database, const std::string& name) {
    const std::uint64_t job = find_job(database, name);
    constexpr std::array statements{
        "delete from lease where job = ?", "delete from task where job = ?",
        "delete from outcome where job = ?", "delete from machine where job = ?"};
    for (const char* statement : statements)
        database.ask(statement, {job});
    database.transaction([&](const sql::run& run, bool) {
        run("select id from job where id = ? for update", {job});
        for (const char* statement : statements)
            run(statement, {job});
        run("delete from job where id = ?", {job});
        return true;
    });
}

} // namespace ladder::beyond_one_machine
