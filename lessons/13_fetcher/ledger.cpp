#include "ledger.hpp"

#include <algorithm>
#include <utility>

namespace ladder::fetcher {

ledger::ledger(const rules& rules)
    : rules_(rules),
      workers_(rules.workers),
      waiting_(rules.limits) {}

void ledger::add(task what) {
    waiting_.add({.what = std::move(what)});
}

void ledger::drain() noexcept {
    waiting_.clear();
    suspects_.clear();
    list_ended_ = draining_ = true;
}

void ledger::greeted(std::size_t worker) noexcept {
    workers_[worker].greeted = true;
    useless_ = 0;
}

// [credit]
/// How many more URLs a worker may be given now: one for each of its fibers, and ahead
/// of that twice as many as had ended when we last looked. None before it has greeted
/// us, and none beside a suspect.
std::size_t ledger::room(const account& w) const noexcept {
    if (!w.greeted || w.alone) return 0;
    const std::size_t may_have = rules_.fibers + w.credit;
    return may_have - std::min(may_have, w.given.size());
}

void ledger::looked_at(std::size_t worker) noexcept {
    account& w = workers_[worker];
    const std::size_t ended = std::exchange(w.ended, 0);
    if (ended > 0 && rules_.ahead) w.credit = 2 * ended;
}

// [/credit]

std::optional<ledger::assignment> ledger::next(turn_time now) {
    std::optional<std::size_t> chosen;
    for (std::size_t i = 0; i < workers_.size(); ++i)
        if (room(workers_[i]) > 0 &&
            (!chosen || workers_[i].given.size() < workers_[*chosen].given.size()))
            chosen = i;
    if (chosen)
        if (auto j = waiting_.next(now)) return give(*chosen, std::move(*j));
    return waiting_.fresh() > 0 ? std::nullopt : next_suspect(now);
}

std::optional<turn_time> ledger::wake_at() const {
    const auto has_room = [this](const account& w) { return room(w) > 0; };
    return std::ranges::any_of(workers_, has_room) ? waiting_.wake_at() : std::nullopt;
}

std::optional<ledger::assignment> ledger::next_suspect(turn_time now) {
    if (suspects_.empty()) return {};
    const auto idle = std::ranges::find_if(
        workers_, [](const account& w) { return w.greeted && w.given.empty(); });
    if (idle == workers_.end()) return {};
    for (auto suspect = suspects_.begin(); suspect != suspects_.end();) {
        const auto turn = waiting_.begin(*suspect, now);
        if (turn == turns::turn::later) {
            ++suspect;
            continue;
        }
        queued_task j = std::move(*suspect);
        suspect = suspects_.erase(suspect);
        if (turn == turns::turn::never) continue;
        idle->alone = true;
        return give(static_cast<std::size_t>(idle - workers_.begin()), std::move(j));
    }
    return {};
}

ledger::assignment ledger::give(std::size_t worker, queued_task j) {
    const std::uint64_t id = j.what.id;
    const auto [given, added] = workers_[worker].given.emplace(id, std::move(j));
    return {worker, given->second.what};
}

std::optional<task> ledger::ended(std::size_t worker, std::uint64_t id,
                                  const answer& said) {
    account& w = workers_[worker];
    const auto given = w.given.find(id);
    if (given == w.given.end()) return {};
    waiting_.over(given->second, said);
    std::optional<task> what{std::move(given->second.what)};
    w.given.erase(given);
    w.alone = false;
    ++w.ended;
    return what;
}

std::optional<task> ledger::again(std::size_t worker, std::uint64_t id,
                                  const next_request& next, const answer& said) {
    account& w = workers_[worker];
    const auto given = w.given.extract(id);
    queued_task& j = given.mapped();
    waiting_.over(j, said);
    w.alone = false;
    ++w.ended;
    if (next.same_again && waiting_.is_closed(j, said.at)) return std::move(j.what);
    if (draining_) return {};
    j.what.at = next.at;
    j.what.so_far = next.so_far;
    if (j.deaths >= deaths_until_suspect)
        suspects_.push_back(std::move(j));
    else if (next.pause.count() > 0)
        waiting_.add_at(said.at + next.pause, std::move(j));
    else
        waiting_.add_first(std::move(j));
    return {};
}

// [died]
std::vector<ledger::given_up> ledger::died(std::size_t worker, turn_time now) {
    account dead = std::exchange(workers_[worker], {});
    if (!dead.greeted) ++useless_;
    std::vector<queued_task> lost;
    for (auto& [id, had] : dead.given) {
        waiting_.over(had, {.at = now});
        lost.push_back(std::move(had));
    }
    if (draining_) return {};
    std::ranges::sort(lost, {}, [](const queued_task& j) { return j.what.id; });

    std::vector<queued_task> again;
    std::vector<given_up> no_more;
    for (queued_task& j : lost) {
        ++j.deaths;
        j.deaths_alone += dead.alone ? 1 : 0;
        if (j.deaths_alone == deaths_alone_until_given_up)
            no_more.push_back({std::move(j.what), j.deaths});
        else if (j.deaths >= deaths_until_suspect)
            suspects_.push_back(std::move(j));
        else
            again.push_back(std::move(j));
    }
    for (; !again.empty(); again.pop_back())
        waiting_.add_first(std::move(again.back()));
    return no_more;
}

// [/died]

bool ledger::nothing_left() const noexcept {
    return list_ended_ && waiting_.size() == 0 && suspects_.empty() &&
           std::ranges::all_of(workers_,
                               [](const account& w) { return w.given.empty(); });
}

} // namespace ladder::fetcher
