#pragma once

#include "task.hpp"
#include "turns.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace ladder::fetcher {

/// The books of a run: which URL is with which worker, how much a worker may be given,
/// what it gets next, and what becomes of it when a worker dies. It neither reads nor
/// writes, nor waits, nor looks at a clock: it is told what happened, and says what to
/// do. Which is why all of it is tested without a process (test_ledger.cpp).
///
/// A URL is in one place at a time: it waits, or it is suspect, or one worker has it. It
/// leaves the books when it has ended, so their size depends on what is on its way and
/// not on the length of the list.
///
/// A worker is a number below `rules::workers`. It is there from `greeted` to `died`,
/// and gets URLs only then; so what dies while it starts takes no URL with it. A number
/// may greet again after its death: that is the worker that took its place.
///
/// A death costs the URLs that the worker had another try, before all others. A URL that
/// was with two workers when they died is suspect: from then on a worker gets it alone,
/// when nothing else waits, and it is given up when that killed two. So a URL that kills
/// is found, its neighbours are not blamed, and neither is one that a worker happened to
/// have when somebody killed it.
class ledger {
public:
    static constexpr std::size_t read_ahead = turns::read_ahead;
    static constexpr int deaths_until_suspect = 2;
    static constexpr int deaths_alone_until_given_up = 2;
    static constexpr int useless_starts = 10; ///< Workers in a row that never greeted.

    struct rules {
        std::size_t workers = 1;
        std::size_t fibers = 1; ///< Of each worker: how many URLs it fetches at a time.
        /// Give a worker more than it has fibers, as much as it got done lately.
        bool ahead = true;
        politeness limits{};
    };

    struct assignment {
        std::size_t worker;
        const task& what; ///< Valid until the next call.
    };

    struct given_up {
        task what;
        int deaths; ///< Of workers that had it.
    };

    explicit ledger(const rules& rules);

    // --- of the list

    /// Is there room for another one to wait?
    bool wants_more() const noexcept { return waiting_.wants_more(); }

    /// Those that nobody looked at since they were added.
    std::size_t waiting() const noexcept { return waiting_.fresh(); }

    void add(task what); ///< No two may have the same id at the same time.

    void list_ended() noexcept { list_ended_ = true; }

    /// The list ends here, and what waits is forgotten, also what comes back from those
    /// that die. What workers have stays with them.
    void drain() noexcept;

    // --- of the workers

    void greeted(std::size_t worker) noexcept;

    /// Who gets what next; nothing when nobody can take any or nothing may go out. To be
    /// called until it returns nothing. The worker with the fewest URLs goes first.
    std::optional<assignment> next(turn_time now = {});

    /// From when on there may be a `next`, though nothing else happens; later than that of
    /// the last call of `next`. Nothing when no worker can take any: what ends will tell.
    std::optional<turn_time> wake_at() const;

    /// URLs that are not handed out, because of what their hosts want.
    std::vector<turns::refusal> take_refused() { return waiting_.take_refused(); }

    /// A task that was a robots.txt has ended so.
    void learn(const task& robots, const robots_answer& said, turn_time now) {
        waiting_.learn(robots, said, now);
    }

    /// That URL has its outcome. Nothing when the worker does not have it: never had, or
    /// died.
    std::optional<task> ended(std::size_t worker, std::uint64_t id,
                              const answer& said = {});

    /// That URL needs another request, and waits for it. Returns the task when it must
    /// end with what there is: its host is not asked again in this run. The worker has
    /// it.
    std::optional<task> again(std::size_t worker, std::uint64_t id,
                              const next_request& next, const answer& said);

    const task& at(std::size_t worker, std::uint64_t id) const {
        return workers_[worker].given.at(id).what;
    }

    bool has(std::size_t worker, std::uint64_t id) const {
        return workers_[worker].given.contains(id);
    }

    /// Those that ended since the last call came together, in one look at the worker.
    void looked_at(std::size_t worker) noexcept;

    /// What it had waits again, in the order of the list, or is given up.
    std::vector<given_up> died(std::size_t worker, turn_time now = {});

    // --- of the run

    /// The list has ended and so has every URL.
    bool nothing_left() const noexcept;

    /// Workers die as soon as they are started, whatever they were meant to do.
    bool hopeless() const noexcept { return useless_ >= useless_starts; }

private:
    struct account {
        std::unordered_map<std::uint64_t, queued_task> given; ///< Handed out, not ended.
        std::size_t ended = 0;                                ///< Since the last look.
        std::size_t credit = 0; ///< How many it may be given beyond its fibers.
        bool greeted = false;
        bool alone = false; ///< Has a suspect, and must get nothing else.
    };

    std::size_t room(const account& worker) const noexcept;
    assignment give(std::size_t worker, queued_task j);
    std::optional<assignment> next_suspect(turn_time now);

    rules rules_;
    std::vector<account> workers_;
    turns waiting_;
    std::deque<queued_task> suspects_;
    bool list_ended_ = false;
    bool draining_ = false;
    int useless_ = 0; ///< Workers in a row that died and had not greeted.
};

} // namespace ladder::fetcher
