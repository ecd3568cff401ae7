#include "ledger.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ladder::fetcher {

ledger::ledger(const rules& rules) : rules_(rules), workers_(rules.workers) {}

void ledger::add(task what) {
    waiting_.push_back({.what = std::move(what)});
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

std::optional<ledger::assignment> ledger::next() {
    std::optional<std::size_t> chosen;
    if (!waiting_.empty()) {
        for (std::size_t i = 0; i < workers_.size(); ++i)
            if (room(workers_[i]) > 0 &&
                (!chosen || workers_[i].given.size() < workers_[*chosen].given.size()))
                chosen = i;
        if (!chosen) return {};
        return give(*chosen, waiting_);
    }
    if (suspects_.empty()) return {};
    const auto idle = std::ranges::find_if(
        workers_, [](const account& w) { return w.greeted && w.given.empty(); });
    if (idle == workers_.end()) return {};
    idle->alone = true;
    return give(static_cast<std::size_t>(idle - workers_.begin()), suspects_);
}

ledger::assignment ledger::give(std::size_t worker, std::deque<job>& from) {
    const std::uint64_t id = from.front().what.id;
    const auto [given, added] =
        workers_[worker].given.emplace(id, std::move(from.front()));
    from.pop_front();
    return {worker, given->second.what};
}

std::optional<task> ledger::ended(std::size_t worker, std::uint64_t id) {
    account& w = workers_[worker];
    const auto given = w.given.find(id);
    if (given == w.given.end()) return {};
    std::optional<task> what{std::move(given->second.what)};
    w.given.erase(given);
    w.alone = false;
    ++w.ended;
    return what;
}

// [died]
std::vector<ledger::given_up> ledger::died(std::size_t worker) {
    account dead = std::exchange(workers_[worker], {});
    if (!dead.greeted) ++useless_;
    if (draining_) return {};

    std::vector<job> lost;
    for (auto& [id, job] : dead.given)
        lost.push_back(std::move(job));
    std::ranges::sort(lost, {}, [](const job& j) { return j.what.id; });

    std::vector<job> again;
    std::vector<given_up> no_more;
    for (job& j : lost) {
        ++j.deaths;
        j.deaths_alone += dead.alone ? 1 : 0;
        if (j.deaths_alone == deaths_alone_until_given_up)
            no_more.push_back({std::move(j.what), j.deaths});
        else if (j.deaths >= deaths_until_suspect)
            suspects_.push_back(std::move(j));
        else
            again.push_back(std::move(j));
    }
    waiting_.insert(waiting_.begin(), std::move_iterator{again.begin()},
                    std::move_iterator{again.end()});
    return no_more;
}

// [/died]

bool ledger::nothing_left() const noexcept {
    return list_ended_ && waiting_.empty() && suspects_.empty() &&
           std::ranges::all_of(workers_,
                               [](const account& w) { return w.given.empty(); });
}

} // namespace ladder::fetcher
