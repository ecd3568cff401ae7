#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ladder {

using time_point = std::chrono::milliseconds; ///< Of whichever clock.

enum class state { ready, leased, done };

/// A batch of the list. The rows of a table are in the order of their numbers.
struct row {
    int number = 0;
    state is = state::ready;
    int fence = 0; ///< How often it was leased.
    std::string owner{};
    time_point until{}; ///< When the lease ends.
};

/// A table of batches, in a database that many machines use. Each call is a statement: it
/// happens at one moment, all of it. Between two statements anything may happen. A
/// machine may die at any statement; then it throws, and no more of its code runs.
class database {
public:
    /// `now` is what the database's own clock says.
    using condition = std::function<bool(const row&, time_point now)>;
    using change = std::function<void(row&, time_point now)>;

    virtual ~database() = default;

    /// update … set … where … order by number limit …
    /// Returns how many rows it has changed.
    virtual std::size_t update(const condition& where, const change& set,
                               std::size_t limit) = 0;
    /// select … where … order by number
    virtual std::vector<row> select(const condition& where) = 0;
    /// delete … where …
    virtual void remove(const condition& where) = 0;

    /// insert into outcome … A second one of the same batch is an error.
    virtual void insert_outcome(int number, int fence, const std::string& text) = 0;
    virtual bool has_outcome(int number, int fence) = 0;

    /// begin … commit: the statements in `body` happen together, at one moment; or, when
    /// it returns false, or the machine dies in it, none of them.
    virtual void transaction(const std::function<bool()>& body) = 0;
};

/// One that takes batches.
struct machine {
    std::chrono::milliseconds lease;        ///< How long one is its own.
    std::function<std::string()> new_owner; ///< A name that nobody has had before.
    std::function<time_point()> own_clock;  ///< What its own clock says.
};

struct claimed {
    int number = 0;
    int fence = 0;
    std::string owner{};
};

/// Leases the first batch that is ready, or whose lease has ended; nothing when there is
/// none.
inline std::optional<claimed> claim(database& db, const machine& m) {
    const std::string owner = m.new_owner();
    const auto taken = db.update(
        [](const row& r, time_point now) {
            return r.is == state::ready || (r.is == state::leased && r.until < now);
        },
        [&](row& r, time_point now) {
            r.is = state::leased;
            ++r.fence;
            r.owner = owner;
            r.until = now + m.lease;
        },
        1);
    if (taken == 0) return {};
    const auto mine =
        db.select([&](const row& r, time_point) { return r.owner == owner; });
    if (mine.empty()) return {};
    return claimed{mine[0].number, mine[0].fence, owner};
}

/// Makes the lease end one lease from now. False: it is another machine's by now.
inline bool renew(database& db, const machine& m, const claimed& c) {
    return db.update(
               [&](const row& r, time_point) {
                   return r.number == c.number && r.is == state::leased &&
                          r.fence == c.fence;
               },
               [&](row& r, time_point now) { r.until = now + m.lease; }, 1) == 1;
}

/// The batch is done, and this came of it. False: it is another machine's by now, and
/// nothing is recorded. A machine that has not heard the answer asks again, and gets the
/// same one.
inline bool acknowledge(database& db, const claimed& c, const std::string& outcome) {
    bool recorded = false;
    db.transaction([&] {
        const auto changed = db.update(
            [&](const row& r, time_point) {
                return r.number == c.number && r.is == state::leased &&
                       r.fence == c.fence;
            },
            [](row& r, time_point) { r.is = state::done; }, 1);
        recorded = changed == 1;
        if (!recorded) {
            recorded = db.has_outcome(c.number, c.fence);
            return false;
        }
        db.insert_outcome(c.number, c.fence, outcome);
        return true;
    });
    return recorded;
}

} // namespace ladder
