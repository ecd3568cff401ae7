// A fair race, judged by counting. The contestants are made up: they wait in a time of
// their own, so every run is the same.

#include "fair_race.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <span>
#include <vector>

using ladder::contestant;
using ladder::fair_race;
using ladder::score;
using ladder::time_passed;
using ladder::winner;
using us = std::chrono::microseconds;

namespace {

/// What time it is in the tests.
struct made_up_clock {
    time_passed now{1000};

    std::function<time_passed()> read() {
        return [this] { return now; };
    }
};

/// Asking takes 100 µs of a host, but for those that are slow; starting takes 1 µs.
class made_up : public contestant {
public:
    explicit made_up(made_up_clock& clock, std::size_t hosts = 0) : clock_(clock) {
        hosts_ = hosts;
    }

    std::size_t pool = 3;       ///< Its default.
    std::set<std::size_t> slow; ///< These take 1000 µs.
    std::set<std::size_t> bad;  ///< These fail, at once.

    // What was seen.
    std::vector<std::size_t> started;
    std::size_t peak = 0;
    std::size_t fewest = 1000; ///< In flight during a wait, while hosts were left.
    std::size_t waits_for_nothing = 0;

    std::size_t in_flight() const { return in_flight_.size(); }

    std::size_t default_in_flight() const override { return pool; }

    void start(std::size_t host) override {
        clock_.now += us{1};
        started.push_back(host);
        const us takes{bad.contains(host) ? 0 : slow.contains(host) ? 1000 : 100};
        in_flight_.push_back({clock_.now + takes, host});
        peak = std::max(peak, in_flight_.size());
    }

    bool wait_for_one() override {
        if (in_flight_.empty()) { // a real one would wait for ever
            ++waits_for_nothing;
            return false;
        }
        if (started.size() < hosts_) fewest = std::min(fewest, in_flight_.size());
        const auto next = std::min_element(in_flight_.begin(), in_flight_.end());
        const auto [end, host] = *next;
        in_flight_.erase(next);
        clock_.now = std::max(clock_.now, end);
        return !bad.contains(host);
    }

private:
    made_up_clock& clock_;
    std::size_t hosts_;
    std::vector<std::pair<time_passed, std::size_t>> in_flight_;
};

std::vector<score> race(made_up_clock& clock, std::vector<contestant*> all,
                        std::size_t hosts, std::size_t in_flight) {
    return fair_race(all, hosts, in_flight, clock.read());
}

} // namespace

TEST_CASE("every host is asked once") {
    made_up_clock clock;
    made_up one{clock};
    const auto scores = race(clock, {&one}, 20, 4);
    REQUIRE(scores.size() == 1);
    CHECK(scores[0].answered == 20);
    CHECK(one.started.size() == 20);
    CHECK(std::set(one.started.begin(), one.started.end()).size() == 20);
}

TEST_CASE("no more are in flight than you say") {
    made_up_clock clock;
    made_up one{clock};
    race(clock, {&one}, 20, 4);
    CHECK(one.peak == 4);
}

TEST_CASE("as many are in flight as long as there are hosts left") {
    made_up_clock clock;
    made_up one{clock, 40};
    one.slow = {0};
    race(clock, {&one}, 40, 8);
    INFO("why: host 0 takes ten times as long; the other seven lanes need not wait");
    CHECK(one.fewest == 8);
}

TEST_CASE("fewer hosts than may be in flight are no problem") {
    made_up_clock clock;
    made_up one{clock};
    const auto scores = race(clock, {&one}, 3, 500);
    CHECK(scores[0].answered == 3);
    CHECK(one.peak == 3);
    CHECK(one.waits_for_nothing == 0);

    made_up all{clock};
    race(clock, {&all}, 3, std::numeric_limits<std::size_t>::max());
    CHECK(all.peak == 3);
    CHECK(all.waits_for_nothing == 0);
}

TEST_CASE("no hosts take no time") {
    made_up_clock clock;
    made_up one{clock};
    const auto scores = race(clock, {&one}, 0, 10);
    CHECK(scores[0].answered == 0);
    CHECK(scores[0].time == us{0});
    CHECK(one.waits_for_nothing == 0);
}

TEST_CASE("everybody has as many in flight, whatever its default") {
    made_up_clock clock;
    made_up threads{clock}, coroutines{clock};
    threads.pool = 14;
    coroutines.pool = 500;
    const auto scores = race(clock, {&threads, &coroutines}, 500, 100);
    INFO("why: with 14 against 500 you compare the sizes of pools");
    CHECK(threads.peak == 100);
    CHECK(coroutines.peak == 100);
    CHECK(scores[0].time == scores[1].time);
}

TEST_CASE("the time is that of the work, and not of the launch") {
    made_up_clock clock;
    made_up one{clock};
    const auto scores = race(clock, {&one}, 10, 10);
    INFO("why: ten starts take 10 µs; the last of the answers comes 100 µs later");
    CHECK(scores[0].time == us{110});
}

TEST_CASE("each has a clock of its own") {
    made_up_clock clock;
    made_up first{clock}, second{clock};
    const auto scores = race(clock, {&first, &second}, 50, 10);
    CHECK(scores[0].time == scores[1].time);
}

TEST_CASE("an error is counted, and is no answer") {
    made_up_clock clock;
    made_up one{clock};
    one.bad = {2, 5};
    const auto scores = race(clock, {&one}, 10, 3);
    CHECK(scores[0].answered == 8);
    CHECK(scores[0].failed == 2);
    CHECK(one.started.size() == 10);
}

TEST_CASE("when all fail, all are asked, and it takes its time") {
    made_up_clock clock;
    made_up one{clock};
    for (std::size_t host = 0; host < 40; ++host)
        one.bad.insert(host);
    const auto scores = race(clock, {&one}, 40, 4);
    CHECK(scores[0].answered == 0);
    CHECK(scores[0].failed == 40);
    CHECK(scores[0].time == us{40});
}

TEST_CASE("nothing is in flight any more when it is over") {
    made_up_clock clock;
    made_up one{clock};
    one.bad = {0};
    race(clock, {&one}, 10, 5);
    INFO("why: what still runs would disturb whoever comes next");
    CHECK(one.in_flight() == 0);
}

TEST_CASE("the fastest wins") {
    const std::vector<score> scores{{10, 0, us{300}}, {10, 0, us{100}}, {10, 0, us{200}}};
    CHECK(winner(scores) == 1U);
}

TEST_CASE("who has not answered everything does not win") {
    const std::vector<score> scores{{3, 7, us{50}}, {10, 0, us{200}}};
    INFO("why: whoever fails at once is very fast");
    CHECK(winner(scores) == 1U);
}

TEST_CASE("nobody wins when nobody has answered everything") {
    const std::vector<score> scores{{3, 7, us{50}}, {9, 1, us{200}}};
    CHECK(winner(scores).has_value() == false);
}

TEST_CASE("as many are in flight as you say, from 1 to all") {
    for (const std::size_t in_flight : {1U, 2U, 9U, 1'000U}) {
        made_up_clock clock;
        made_up one{clock, 1'000};
        const auto scores = race(clock, {&one}, 1'000, in_flight);
        INFO(in_flight << " in flight");
        CHECK(one.peak == in_flight);
        CHECK(scores[0].answered == 1'000);
    }
}

TEST_CASE("after a race with errors the next one begins anew") {
    made_up_clock clock;
    made_up bad{clock}, good{clock};
    bad.bad = {0, 1, 2, 3};
    const auto scores = race(clock, {&bad, &good}, 10, 4);
    CHECK(scores[0].failed == 4);
    CHECK(scores[1].failed == 0);
    CHECK(scores[1].answered == 10);
    CHECK(race(clock, {&good}, 10, 4)[0].answered == 10);
}

TEST_CASE("a race of 100,000 hosts, and of a long time") {
    made_up_clock clock;
    made_up one{clock};
    const auto scores = race(clock, {&one}, 100'000, 10);
    CHECK(scores[0].answered == 100'000);
    const std::vector<score> long_ones{{1, 0, std::chrono::hours{30}},
                                       {1, 0, std::chrono::hours{20}}};
    CHECK(winner(long_ones) == 1U);
    const std::vector<score> an_hour_or_two{{1, 0, std::chrono::hours{1}},
                                            {1, 0, std::chrono::hours{2}}};
    CHECK(winner(an_hour_or_two) == 0U);
}

TEST_CASE("who has answered more does not win by that") {
    const std::vector<score> scores{{10, 0, us{300}}, {12, 0, us{400}}};
    CHECK(winner(scores) == 0U);
}
