#pragma once

#include "sql.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// A list in a database, from which many machines take batches. Read queue.cpp from top
/// to bottom: it is the protocol.
///
/// Of each batch one row of `lease` says in which state it is, and only an update with
/// the expected state in its `where` changes it: who changed a row has it, and who
/// changed none was too late. Nobody looks first and acts then.
///
///     ready ── claim, fence + 1 ──> leased ── acknowledge ──> done ── drained ──>
///     drained
///       ^                             │
///       ├── give back ────────────────┤
///       └── redeliver, deaths + 1 ────┘  its time is over, by the database's clock
///
///     ready, 3 deaths ── bury ──> split (into single lines), or done (given up)
///
/// The fence is the number of the lease. What an owner says is believed only with the
/// fence of now: one who slept past its lease cannot write into another one's batch.
namespace ladder::beyond_one_machine {

/// Lines of a list, and whose they are. `first` and `n` are its name: the number of its
/// first line, and how many URLs it has.
struct batch {
    std::uint64_t first = 0;
    std::uint64_t n = 0;
    std::uint64_t fence = 0;
    std::uint64_t deaths = 0; ///< Of machines that had it.
    std::string urls{};       ///< "NUMBER URL\n", n times.
};

/// What a machine has, and what came of it.
struct machine_report {
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
};

/// One machine at one job. Everything may be done again after an error; what sql.hpp
/// says of errors holds for all of it.
class queue {
public:
    static constexpr std::uint64_t deaths_until_alone = 2;
    static constexpr std::uint64_t deaths_until_split = 3;

    struct settings {
        std::string job;
        std::string machine; ///< The name that people read; another life, another owner.
        std::chrono::milliseconds lease{60'000};
    };

    /// Throws std::invalid_argument when there is no such job.
    queue(sql& database, settings s);

    /// Up to `most` batches that are nobody's, the first ones of the list first. Those
    /// that killed machines are left out, or, when `alone`, one of these.
    std::vector<batch> claim(std::size_t most, bool alone = false);

    /// This is what came of it: lines of JSON. False: it is not ours any more, and nobody
    /// will see the outcome. True: it is recorded, and will be whatever dies next.
    bool acknowledge(const batch& what, const std::string& outcome,
                     std::uint64_t failed = 0);

    /// Ours are ours for another lease. Returns which these are; others are lost.
    std::vector<batch> renew(const machine_report& report);

    /// What we have is everybody's again, at once: nobody died.
    void give_back();

    /// What its owner has let expire is everybody's again. Returns how many.
    std::uint64_t redeliver();

    /// Of a batch that killed three machines: its lines become batches of their own; or
    /// it is one line, and its outcome is that it was given up. False: there is none.
    bool bury();

    /// Everything has its outcome, and nothing more will come. Throws
    /// std::invalid_argument when somebody has removed the job.
    bool finished();

    const settings& about() const noexcept { return settings_; }

private:
    sql& database_;
    settings settings_;
    std::uint64_t job_;
    std::string owner_;        ///< machine/of this process alone
    std::uint64_t claims_ = 0; ///< Each has a number, so that a lost answer can be asked.
};

/// The number of a job in the tables. Throws std::invalid_argument when there is none.
std::uint64_t find_job(sql& database, const std::string& name);

/// It is loaded to its end, and no batch is in one of `open_states`, which are quoted and
/// have commas between them. Throws std::invalid_argument when the job is gone.
bool job_is_over(sql& database, std::uint64_t job, const std::string& open_states);

/// Makes the tables, where there are none.
void make_tables(sql& database);

} // namespace ladder::beyond_one_machine
