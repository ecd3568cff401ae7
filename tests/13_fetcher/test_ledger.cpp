// In one thread: ThreadSanitizer has nothing to say here.

// The books, event by event, and then at random beside a simple model of them. No
// process, no socket, no clock. What a wrong ledger would do is in ledger_wrong: each of
// those must fail the check that it names.

#include "fetcher/ledger.hpp"
#include "sanitizer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace ladder::fetcher;

namespace {

using ids = std::vector<std::uint64_t>;

void add(ledger& books, std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t id = first; id < first + count; ++id)
        books.add({.id = id, .url = "u" + std::to_string(id)});
}

/// Who is given what now, by worker, in order.
std::map<std::size_t, ids> hand_out(ledger& books) {
    std::map<std::size_t, ids> given;
    while (const auto next = books.next()) {
        CHECK(next->what.url == "u" + std::to_string(next->what.id));
        given[next->worker].push_back(next->what.id);
    }
    return given;
}

ids numbers(std::uint64_t first, std::uint64_t count) {
    ids result;
    for (std::uint64_t id = first; id < first + count; ++id)
        result.push_back(id);
    return result;
}

using given = std::map<std::size_t, ids>;

} // namespace

TEST_CASE("a worker that has not greeted gets nothing") {
    ledger books{{.workers = 2, .fibers = 4}};
    add(books, 0, 2);
    CHECK(hand_out(books).empty());
    books.greeted(1);
    CHECK(hand_out(books) == given{{1, {0, 1}}});
}

TEST_CASE("what comes first in the list is handed out first") {
    ledger books{{.workers = 1, .fibers = 3}};
    books.greeted(0);
    add(books, 0, 7);
    CHECK(hand_out(books) == given{{0, {0, 1, 2}}});
    CHECK(books.ended(0, 1));
    CHECK(hand_out(books) == given{{0, {3}}});
    CHECK(books.waiting() == 3);
}

TEST_CASE("the worker with the fewest URLs goes first") {
    ledger books{{.workers = 3, .fibers = 2}};
    books.greeted(0);
    books.greeted(2);
    add(books, 0, 3);
    CHECK(hand_out(books) == given{{0, {0, 2}}, {2, {1}}});
    books.greeted(1);
    add(books, 3, 9);
    CHECK(hand_out(books) == given{{1, {3, 4}}, {2, {5}}});
}

TEST_CASE("credit is twice what ended in one look, and is given once") {
    ledger books{{.workers = 1, .fibers = 2}};
    books.greeted(0);
    add(books, 0, 30);
    CHECK(hand_out(books) == given{{0, {0, 1}}});
    CHECK(books.ended(0, 0));
    CHECK(books.ended(0, 1));
    CHECK(hand_out(books) == given{{0, {2, 3}}}); // no look yet, so no credit
    books.looked_at(0);
    CHECK(hand_out(books) == given{{0, numbers(4, 4)}}); // may have 2 + 2 * 2
    books.looked_at(0);                                  // nothing came: as before
    CHECK(hand_out(books).empty());
    CHECK(books.ended(0, 4));
    books.looked_at(0); // one came: may have 2 + 2 * 1, and has 5
    CHECK(hand_out(books).empty());
    CHECK(books.ended(0, 5));
    CHECK(hand_out(books).empty());
    CHECK(books.ended(0, 6));
    CHECK(hand_out(books) == given{{0, {8}}});
}

TEST_CASE("without ahead a worker has no more than its fibers") {
    ledger books{{.workers = 1, .fibers = 2, .ahead = false}};
    books.greeted(0);
    add(books, 0, 9);
    hand_out(books);
    CHECK(books.ended(0, 0));
    books.looked_at(0);
    CHECK(hand_out(books) == given{{0, {2}}});
}

TEST_CASE("what a dead worker had goes to others, before all that waits, in order") {
    ledger books{{.workers = 2, .fibers = 20}};
    books.greeted(0);
    add(books, 0, 25);
    CHECK(hand_out(books) == given{{0, numbers(0, 20)}});
    CHECK(books.ended(0, 3));
    CHECK(books.died(0).empty());
    CHECK(books.waiting() == 24);
    books.greeted(1);
    ids expected = numbers(0, 21);
    expected.erase(expected.begin() + 3);
    CHECK(hand_out(books) == given{{1, expected}});
    CHECK(hand_out(books).empty()); // 0 has not greeted again
}

TEST_CASE("no URL is lost at a death") {
    ledger books{{.workers = 1, .fibers = 2}};
    books.greeted(0);
    add(books, 0, 2);
    books.list_ended();
    hand_out(books);
    books.died(0);
    CHECK_FALSE(books.nothing_left());
    books.greeted(0);
    CHECK(hand_out(books) == given{{0, {0, 1}}});
    CHECK(books.ended(0, 0));
    CHECK(books.ended(0, 1));
    CHECK(books.nothing_left());
}

TEST_CASE("credit dies with its worker") {
    ledger books{{.workers = 1, .fibers = 1}};
    books.greeted(0);
    add(books, 0, 9);
    hand_out(books);
    CHECK(books.ended(0, 0));
    books.looked_at(0);
    books.died(0);
    books.greeted(0);
    CHECK(hand_out(books) == given{{0, {1}}});
}

TEST_CASE("an outcome counts only from the worker that has the URL") {
    ledger books{{.workers = 2, .fibers = 2}};
    books.greeted(0);
    add(books, 0, 1);
    books.list_ended();
    hand_out(books);
    CHECK_FALSE(books.ended(1, 0)); // another one's
    CHECK_FALSE(books.ended(0, 7)); // nobody's
    CHECK(books.ended(0, 0)->url == "u0");
    CHECK_FALSE(books.ended(0, 0)); // twice
    CHECK(books.nothing_left());
}

TEST_CASE("a dead worker's late outcome does not count") {
    ledger books{{.workers = 2, .fibers = 2}};
    books.greeted(0);
    books.greeted(1);
    add(books, 0, 4);
    books.list_ended();
    hand_out(books); // 0 and 2, 1 and 3
    books.died(0);
    CHECK_FALSE(books.ended(0, 0));
    CHECK(books.ended(1, 1));
    CHECK(books.ended(1, 3));
    CHECK(hand_out(books) == given{{1, {0, 2}}});
    CHECK_FALSE(books.ended(0, 0));
    CHECK_FALSE(books.nothing_left());
    CHECK(books.ended(1, 0));
    CHECK(books.ended(1, 2));
    CHECK(books.nothing_left());
}

TEST_CASE("a URL that saw two deaths is handed out alone, when nothing else waits") {
    ledger books{{.workers = 2, .fibers = 4}};
    books.greeted(0);
    add(books, 0, 2);
    for (int death = 0; death < ledger::deaths_until_suspect; ++death) {
        CHECK(hand_out(books) == given{{0, {0, 1}}});
        CHECK(books.died(0).empty());
        books.greeted(0);
    }
    add(books, 2, 1);
    CHECK(hand_out(books) == given{{0, {2}}}); // not 0: somebody else waits
    add(books, 3, 5);
    CHECK(hand_out(books) == given{{0, {3, 4, 5}}}); // now 0 is full; 6 and 7 wait
    books.greeted(1);
    CHECK(hand_out(books) == given{{1, {6, 7}}});
    CHECK(books.ended(1, 6));
    CHECK(hand_out(books).empty()); // nothing waits, but nobody is idle
    CHECK(books.ended(1, 7));
    CHECK(hand_out(books) == given{{1, {0}}});
    add(books, 8, 3);
    CHECK(hand_out(books).empty()); // nothing beside a suspect, and 0 is full
    CHECK(books.ended(1, 0));
    CHECK(hand_out(books) == given{{1, {8, 9, 10}}});
}

TEST_CASE("a URL that kills two workers alone is given up, and only that") {
    ledger books{{.workers = 1, .fibers = 4}};
    add(books, 0, 2);
    books.list_ended();
    for (int death = 0; death < 2; ++death) {
        books.greeted(0);
        CHECK(hand_out(books) == given{{0, {0, 1}}});
        CHECK(books.died(0).empty());
    }
    books.greeted(0);
    CHECK(hand_out(books) == given{{0, {0}}}); // alone
    CHECK(books.ended(0, 0));
    CHECK(hand_out(books) == given{{0, {1}}});
    CHECK(books.died(0).empty()); // once alone
    books.greeted(0);
    CHECK(hand_out(books) == given{{0, {1}}});
    const auto given_up = books.died(0); // twice
    REQUIRE(given_up.size() == 1);
    CHECK(given_up[0].what.id == 1);
    CHECK(given_up[0].what.url == "u1");
    CHECK(given_up[0].deaths == 4);
    CHECK(books.nothing_left());
}

TEST_CASE("workers that die before they greet are useless, until one greets") {
    ledger books{{.workers = 2, .fibers = 1}};
    for (int i = 1; i < ledger::useless_starts; ++i)
        books.died(0);
    CHECK_FALSE(books.hopeless());
    books.greeted(1);
    for (int i = 1; i < ledger::useless_starts; ++i)
        books.died(0);
    books.died(1); // it had greeted
    CHECK_FALSE(books.hopeless());
    books.died(1);
    CHECK(books.hopeless());
}

TEST_CASE("a little of the list is wanted in advance, and no more") {
    ledger books{{.workers = 1, .fibers = 1}};
    CHECK(books.wants_more());
    add(books, 0, ledger::read_ahead);
    CHECK_FALSE(books.wants_more());
    books.greeted(0);
    hand_out(books);
    CHECK(books.wants_more());
}

// --- at random

namespace {

/// What a ledger should do, as plainly as it can be said: every list is searched from end
/// to end, nothing is counted that can be looked up.
class model {
public:
    explicit model(const ledger::rules& rules) : rules_(rules), workers_(rules.workers) {}

    struct url {
        std::uint64_t id;
        int deaths = 0;
        int deaths_alone = 0;
    };

    struct worker {
        bool greeted = false;
        bool alone = false;
        std::vector<url> has; ///< In the order of the list.
        std::size_t came = 0; ///< Since the last look.
        std::size_t last_look = 0;
    };

    void add(std::uint64_t id) { waiting_.push_back({id}); }

    std::optional<std::pair<std::size_t, std::uint64_t>> next() {
        std::optional<std::size_t> best;
        for (std::size_t w = 0; w < workers_.size(); ++w) {
            const worker& one = workers_[w];
            if (!one.greeted || one.alone) continue;
            const std::size_t ahead = rules_.ahead ? 2 * one.last_look : 0;
            const bool able = waiting_.empty() ? one.has.empty()
                                               : one.has.size() < rules_.fibers + ahead;
            const bool fewer = !best || one.has.size() < workers_[*best].has.size();
            if (able && fewer) best = w;
        }
        auto& from = waiting_.empty() ? suspects_ : waiting_;
        if (!best || from.empty()) return {};
        const url first = from.front();
        from.erase(from.begin());
        worker& w = workers_[*best];
        w.alone = &from == &suspects_;
        w.has.push_back(first);
        std::ranges::sort(w.has, {}, &url::id);
        return std::pair{*best, first.id};
    }

    void greeted(std::size_t w) { workers_[w].greeted = true; }

    bool ended(std::size_t w, std::uint64_t id) {
        if (std::erase_if(workers_[w].has, [&](const url& u) { return u.id == id; }) == 0)
            return false;
        workers_[w].alone = false;
        ++workers_[w].came;
        return true;
    }

    void looked_at(std::size_t w) {
        if (workers_[w].came > 0) workers_[w].last_look = workers_[w].came;
        workers_[w].came = 0;
    }

    /// Those that are given up.
    ids died(std::size_t w) {
        worker dead = std::exchange(workers_[w], {});
        ids given_up;
        std::vector<url> again;
        for (url& u : dead.has) {
            ++u.deaths;
            u.deaths_alone += dead.alone ? 1 : 0;
            if (u.deaths_alone == 2)
                given_up.push_back(u.id);
            else
                (u.deaths >= 2 ? suspects_ : again).push_back(u);
        }
        waiting_.insert(waiting_.begin(), again.begin(), again.end());
        return given_up;
    }

    void drain() {
        waiting_.clear();
        suspects_.clear();
    }

    bool empty() const {
        return waiting_.empty() && suspects_.empty() &&
               std::ranges::all_of(workers_,
                                   [](const worker& w) { return w.has.empty(); });
    }

    const std::vector<worker>& workers() const { return workers_; }

private:
    ledger::rules rules_;
    std::vector<worker> workers_;
    std::vector<url> waiting_;
    std::vector<url> suspects_;
};

/// A ledger with limits, and a clock. Whenever it has nothing to hand out, the time at
/// which to ask again must be in the future: who waits for one that has come waits for
/// nothing, again and again.
class timed {
public:
    explicit timed(std::uint64_t seed)
        : random_(seed),
          workers_(1 + pick(2)),
          books_({.workers = workers_,
                  .fibers = 1 + pick(2),
                  .limits = {.per_host = pick(3),
                             .rate = pick(2) == 0 ? 0. : 50.,
                             .per_host_rate = pick(2) == 0 ? 0. : 20.}}) {}

    void random_event() {
        now_ += std::chrono::milliseconds{pick(60)};
        switch (pick(8)) {
        case 0:
        case 1:
        case 2:
            books_.add({.id = added_, .url = url(added_)});
            ++added_;
            break;
        case 3:
            books_.greeted(pick(workers_));
            break;
        case 4:
            die(pick(workers_));
            break;
        default:
            end_one(pick(3) > 0);
        }
        hand_out();
    }

    /// With one worker that lives, all that waits has its turn.
    void finish() {
        books_.list_ended();
        for (std::size_t w = 1; w < workers_; ++w)
            die(w);
        books_.greeted(0);
        hand_out();
        for (int rounds = 0; !books_.nothing_left(); ++rounds) {
            REQUIRE(rounds < 1'000);
            if (!given_.empty()) {
                end_one(false);
            } else {
                REQUIRE(books_.wake_at().has_value());
                now_ = *books_.wake_at();
            }
            hand_out();
        }
        REQUIRE(over_ == added_);
    }

private:
    std::uint64_t pick(std::uint64_t below) { return random_() % below; }

    static std::string url(std::uint64_t id) {
        return "http://h" + std::to_string(id % 3) + "/" + std::to_string(id);
    }

    void hand_out() {
        while (const auto next = books_.next(now_))
            given_.emplace_back(next->worker, next->what.id);
        over_ += books_.take_refused().size();
        if (const auto at = books_.wake_at()) REQUIRE(*at > now_);
    }

    void end_one(bool may_go_wrong) {
        if (given_.empty()) return;
        const auto at = given_.begin() + static_cast<std::ptrdiff_t>(pick(given_.size()));
        const auto [w, id] = *at;
        given_.erase(at);
        if (may_go_wrong && pick(2) == 0) {
            const next_request again{.pause = std::chrono::milliseconds{pick(2) * 100},
                                     .same_again = true};
            const int status = pick(2) == 0 ? 503 : 0;
            if (books_.again(w, id, again, {now_, status, {}})) ++over_;
        } else {
            books_.ended(w, id, {now_, 200, {}});
            ++over_;
        }
        books_.looked_at(w);
    }

    void die(std::size_t w) {
        over_ += books_.died(w, now_).size();
        std::erase_if(given_, [w](const auto& one) { return one.first == w; });
    }

    std::mt19937_64 random_;
    std::size_t workers_;
    ledger books_;
    turn_time now_{std::chrono::hours{1}};
    std::vector<std::pair<std::size_t, std::uint64_t>> given_;
    std::uint64_t added_ = 0, over_ = 0;
};

/// A ledger and its model, told the same; whatever they say must be the same.
class both {
public:
    explicit both(std::uint64_t seed)
        : seed_(seed),
          random_(seed),
          rules_{.workers = 1 + pick(4), .fibers = 1 + pick(4), .ahead = pick(3) > 0},
          books_(rules_),
          model_(rules_) {}

    /// The supervisor was killed: new books, and of the list what has no outcome.
    void resume() {
        said_ << " resume";
        books_ = ledger{rules_};
        model_ = model{rules_};
        for (std::uint64_t id = 0; id < added_; ++id) {
            if (over_.contains(id)) continue;
            books_.add({.id = id, .url = "u" + std::to_string(id)});
            model_.add(id);
        }
        hand_out();
    }

    void random_event() {
        const std::size_t w = pick(rules_.workers);
        switch (pick(12)) {
        case 0:
        case 1:
        case 2:
            if (!list_ended_) add();
            break;
        case 3:
            greet(w);
            break;
        case 4:
            die(w);
            break;
        case 5:
            look(w);
            break;
        case 6: // anybody's, which mostly is not its own
            end(w, pick(added_ + 1));
            break;
        default:
            end_one_of(w);
        }
        hand_out();
    }

    /// Nobody dies any more: then everything ends.
    void finish(bool drains) {
        if (drains) {
            said_ << " drain";
            for (std::uint64_t id = 0; id < added_; ++id)
                if (!held(id)) over_.insert(id); // forgotten, or ended before
            books_.drain();
            model_.drain();
        }
        list_ended_ = true;
        books_.list_ended();
        for (std::size_t rounds = 0; !model_.empty(); ++rounds) {
            check(rounds < 1'000, "it does not end");
            for (std::size_t w = 0; w < rules_.workers; ++w) {
                greet(w);
                hand_out();
                end_one_of(w);
                look(w);
            }
        }
        hand_out();
        check(books_.nothing_left(), "something is left");
        check(over_.size() == added_, "a URL is lost");
    }

private:
    void check(bool ok, const char* what) {
        if (!ok) FAIL(what << "; seed " << seed_ << ':' << said_.str());
    }

    std::uint64_t pick(std::uint64_t below) { return random_() % below; }

    void add() {
        said_ << " add" << added_;
        books_.add({.id = added_, .url = "u" + std::to_string(added_)});
        model_.add(added_++);
    }

    void greet(std::size_t w) {
        if (model_.workers()[w].greeted) return;
        said_ << " greet@" << w;
        books_.greeted(w);
        model_.greeted(w);
    }

    void die(std::size_t w) {
        said_ << " die@" << w;
        ids given_up;
        for (const auto& g : books_.died(w))
            given_up.push_back(g.what.id);
        check(given_up == model_.died(w), "others are given up");
        for (const std::uint64_t id : given_up)
            check(over_.insert(id).second, "a URL ends twice");
        check(!books_.ended(w, pick(added_ + 1)), "a late word of the dead counts");
    }

    void look(std::size_t w) {
        said_ << " look@" << w;
        books_.looked_at(w);
        model_.looked_at(w);
    }

    void end_one_of(std::size_t w) {
        const auto& has = model_.workers()[w].has;
        if (!has.empty()) end(w, has[pick(has.size())].id);
    }

    void end(std::size_t w, std::uint64_t id) {
        said_ << " end" << id << '@' << w;
        const auto what = books_.ended(w, id);
        check(what.has_value() == model_.ended(w, id), "whose URL is that");
        if (!what) return;
        check(what->url == "u" + std::to_string(id), "another URL");
        check(over_.insert(id).second, "a URL ends twice");
    }

    void hand_out() {
        for (;;) {
            const auto next = books_.next();
            const auto expected = model_.next();
            if (next) said_ << " give" << next->what.id << '@' << next->worker;
            check(next.has_value() == expected.has_value(), "to give or not to give");
            if (!next) break;
            check(next->worker == expected->first, "another worker");
            check(next->what.id == expected->second, "out of order");
        }
        check(books_.nothing_left() == (list_ended_ && model_.empty()), "when it ends");
    }

    bool held(std::uint64_t id) const {
        return std::ranges::any_of(model_.workers(), [&](const model::worker& w) {
            return std::ranges::any_of(w.has, [&](const auto& u) { return u.id == id; });
        });
    }

    std::uint64_t seed_;
    std::mt19937_64 random_;
    ledger::rules rules_;
    ledger books_;
    model model_;
    std::uint64_t added_ = 0;
    std::set<std::uint64_t> over_; ///< Ended, given up, or forgotten in a drain.
    bool list_ended_ = false;
    std::ostringstream said_; ///< For who reads of a failure.
};

} // namespace

TEST_CASE("a retry whose time has come wakes nobody while all fibers are busy") {
    using namespace std::chrono_literals;
    ledger books{{.workers = 1, .fibers = 1}};
    turn_time now{1h};
    add(books, 0, 2);
    books.greeted(0);
    REQUIRE(books.next(now)->what.id == 0);
    REQUIRE_FALSE(books.again(0, 0, {.pause = 100ms, .same_again = true}, {now, 0, {}}));
    REQUIRE(books.next(now)->what.id == 1);
    REQUIRE_FALSE(books.next(now += 1s).has_value());
    CHECK_FALSE(books.wake_at().has_value());
    books.ended(0, 1);
    CHECK(books.next(now)->what.id == 0);
}

TEST_CASE("when there is nothing to hand out, it wakes at no time that has come") {
    const std::uint64_t sequences = ladder::memory_is_inflated ? 500 : 5'000;
    for (std::uint64_t seed = 0; seed < sequences; ++seed) {
        CAPTURE(seed);
        timed books{seed};
        for (int event = 0; event < 40; ++event)
            books.random_event();
        books.finish();
    }
}

TEST_CASE("each URL has exactly one outcome, also when supervisors die") {
    const std::uint64_t sequences = ladder::memory_is_inflated ? 5'000 : 100'000;
    for (std::uint64_t seed = 0; seed < sequences; ++seed) {
        both b{seed};
        for (std::uint64_t event = 0; event < 24; ++event)
            if ((seed + event) % 12 == 11)
                b.resume();
            else
                b.random_event();
        b.finish(false);
    }
    SUCCEED();
}

TEST_CASE("after a drain, what a dead worker had does not begin again") {
    ledger books{{.workers = 2, .fibers = 2}};
    add(books, 0, 8);
    books.greeted(0);
    books.greeted(1);
    hand_out(books);
    books.drain();
    CHECK(books.died(0).empty());
    books.greeted(0);
    CHECK_FALSE(books.next());
    CHECK_FALSE(books.nothing_left()); // the other one still has its pages
    CHECK(books.died(1).empty());
    CHECK(books.nothing_left());
}

TEST_CASE("whatever happens, the books are those of the model") {
    for (std::uint64_t seed = 0; seed < 2'000; ++seed) { // a failure tells which
        both b{seed};
        for (int event = 0; event < 120; ++event)
            b.random_event();
        b.finish(seed % 8 == 0);
    }
    SUCCEED();
}
