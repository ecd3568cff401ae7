#pragma once

#include "queue.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The two ends of a job at which there is a file: its list, and its results. One program
/// loads and one drains; either may be killed anywhere, and be started again elsewhere.
namespace ladder::beyond_one_machine {

/// Puts a list into a queue. Told the same lines again, it changes nothing; told others,
/// it changes nothing either, and throws std::invalid_argument.
class loader {
public:
    static constexpr std::uint64_t rows_together = 10; ///< In one transaction.

    /// Begins the job `name`, or goes on with it. Throws std::invalid_argument when it
    /// was begun with batches of another size.
    loader(sql& database, const std::string& name, std::uint64_t batch_size);

    void add(std::uint64_t number, std::string_view url);
    /// That was all of it.
    void end();

    std::uint64_t lines() const noexcept { return lines_; }
    /// How many batches wait to be claimed.
    std::uint64_t ready();

private:
    struct row {
        batch what;
        std::uint64_t after; ///< The number of the line before its first; 0: none.
    };

    void flush();
    bool lock_job(const sql::run& run) const;
    bool has_lines_after(const sql::run& run, std::uint64_t number) const;
    std::invalid_argument another_list(std::string_view what_differs) const;

    sql& database_;
    std::string name_;
    std::uint64_t job_;
    std::uint64_t size_;
    std::uint64_t lines_ = 0;
    std::uint64_t last_ = 0; ///< The number of the line that was added last.
    std::vector<row> rows_;
};

/// Takes results out of a queue, each line once.
class drainer {
public:
    /// `file` is the one that was drained into before, if there was one. What stands in
    /// it behind the last block that was marked is cut off. Throws std::invalid_argument
    /// when it is another file, std::system_error.
    drainer(sql& database, const std::string& name, const std::string& file);

    /// What is done by now. Returns how many batches that were; throws
    /// std::invalid_argument when another drainer has taken over.
    std::uint64_t drain();
    /// Nothing is left, and nothing more will come. Throws std::invalid_argument when
    /// somebody has removed the job.
    bool finished();

private:
    sql& database_;
    std::uint64_t job_;
    std::string file_;
    std::uint64_t fence_ = 0;
    std::uint64_t bytes_ = 0; ///< Of the file, that are marked.
};

/// Removes a job with all that belongs to it.
void forget_job(sql& database, const std::string& name);

} // namespace ladder::beyond_one_machine
