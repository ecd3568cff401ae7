#pragma once

#include "host_limits.hpp"
#include "robots.hpp"
#include "task.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ladder::fetcher {

/// A URL on its way.
struct queued_task {
    task what;
    int deaths = 0;       ///< Of workers that had it.
    int deaths_alone = 0; ///< Of these, how many had nothing else.
    bool counted = false; ///< By `host_limits`, while it is handed out.
};

/// Whose turn it is: the URLs that wait, in the order of the list, but for those whose
/// host may not be asked yet. Without I/O and without a clock.
///
/// A URL waits in one of three places: in `waiting_`, until we look at it; `parked_` with
/// others of its host, when that was not to be asked; or in `later_`, until a time of its
/// own. A host is among `awake_` when it has parked URLs and may be asked again, as far
/// as we know. What wakes it is the end of a request, or a time in `alarms_`.
///
/// So a URL is looked at twice at most, however many of its host wait, and a slow host
/// keeps only its own URLs waiting: until the look ahead is full of them.
class turns {
public:
    static constexpr std::size_t read_ahead = 1024; ///< URLs that nobody looked at.
    static constexpr std::size_t most_waiting = 65'536;
    static constexpr std::size_t most_bytes = 32 << 20; ///< Of URLs.

    /// A URL that does not go out, and why.
    struct refusal {
        task what;
        std::error_code why;
        std::string detail;
    };

    explicit turns(const politeness& limits);

    /// Is there room for another one?
    bool wants_more() const noexcept {
        return waiting_.size() < read_ahead && size() < most_waiting &&
               bytes_ < most_bytes;
    }

    std::size_t size() const noexcept {
        return waiting_.size() + parked_jobs_ + later_.size();
    }

    /// Those that nobody looked at.
    std::size_t fresh() const noexcept { return waiting_.size(); }

    void add(queued_task j);               ///< Behind all others.
    void add_first(queued_task j);         ///< Before all others.
    void add_at(turn_time, queued_task j); ///< Before all others, from then on.
    void clear() noexcept;

    /// The next one that may go out. Its request begins now.
    std::optional<queued_task> next(turn_time now);

    enum class turn : char { now, later, never };

    /// May that one, which does not wait here, go out? Now: its request begins. Never: it
    /// is refused.
    turn begin(queued_task& j, turn_time now);

    /// The request of one that went out is over.
    void over(const queued_task& j, const answer& said);

    /// Its host is not asked any more in this run.
    bool is_closed(const queued_task& j, turn_time now) const;

    /// That robots.txt had this outcome.
    void learn(const task& robots, const robots_answer& said, turn_time now);

    /// Those that cannot go out any more; each is told once.
    std::vector<refusal> take_refused() { return std::exchange(refused_, {}); }

    /// From when on there may be a `next`, though nothing else happens; nothing: never.
    std::optional<turn_time> wake_at() const;

private:
    struct lot {
        std::list<queued_task> jobs; ///< Never empty; mostly one.
        bool awake = false;
        turn_time alarm{}; ///< The latest one; an earlier one does no harm.
    };

    struct due {
        turn_time when;
        std::uint64_t order;
        mutable queued_task what; ///< A priority_queue gives away nothing.

        bool operator>(const due& other) const {
            return std::pair{when, order} > std::pair{other.when, other.order};
        }
    };

    /// Of the one that is looked at. `ask_robots`: later, but its robots.txt goes now.
    enum class look : char { go, wait, refuse, ask_robots };

    using alarm = std::pair<turn_time, std::string>;
    using lots = std::unordered_map<std::string, lot>;

    bool hosts_matter() const noexcept { return robots_ || limits_.look_at_hosts(); }

    look look_at(const queued_task& j, const std::string& host, turn_time now);
    queued_task robots_of(const queued_task& j);
    void refuse(queued_task j);
    void look_at_times(turn_time now);
    std::optional<queued_task> next_parked(turn_time now);
    void park(const std::string& host, queued_task j, turn_time now);
    void wake_or_set_alarm(const std::string& host, lot& l, turn_time now);
    void send_out(queued_task& j, const std::string& host, turn_time now);

    host_limits limits_;
    std::optional<robots_cache> robots_;
    std::error_code why_; ///< Of the last look that was `refuse`; and more about it.
    std::string detail_;
    std::uint64_t next_robots_id_ = std::uint64_t{1} << 63; ///< No list is so long.
    std::deque<queued_task> waiting_;
    lots parked_;
    std::size_t parked_jobs_ = 0;
    std::size_t bytes_ = 0;         ///< Of what is parked or in `later_`.
    std::deque<std::string> awake_; ///< In the order of their turns.
    std::priority_queue<alarm, std::vector<alarm>, std::greater<>> alarms_;
    std::priority_queue<due, std::vector<due>, std::greater<>> later_;
    std::uint64_t order_ = 0; ///< Of what has the same time in `later_`.
    turn_time now_{};         ///< In the last `next`.
    std::optional<turn_time>
        begin_at_; ///< Since then, what `begin` refused may be asked.
    std::vector<refusal> refused_;
};

} // namespace ladder::fetcher
