// Who is next: as given, at random, or the first, and then what else could have been.

#include "scheduler.hpp"

namespace ladder::exploring {

void scheduler::be_random(std::uint64_t seed, int changes) {
    random_ = seed;
    random_changes_ = changes;
}

std::uint64_t scheduler::random() {
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;
    return random_ / 65536;
}

std::size_t scheduler::choose(std::span<const std::uint8_t> costs,
                              std::span<thread* const> who) {
    if (costs.size() == 1) return 0;
    const std::uint32_t at = out_.choices_count;
    if (at == max_steps) fail(nullptr, "this does not end: 20,000 steps, and it goes on");
    std::size_t chosen = 0;
    if (at < given_.size()) {
        chosen = static_cast<std::uint8_t>(given_[at]);
        if (chosen >= costs.size())
            chosen = 0; // it went another way: a static, an address
    } else if (random_ != 0) {
        if (who.empty()) {
            chosen = random() % costs.size();
        } else {
            const auto priority = [&](const thread* t) -> auto& {
                return priority_[static_cast<std::size_t>(t->id)];
            };
            for (std::size_t i = 0; i < change_at_.size(); ++i)
                if (change_at_[i] == at) priority(who[0]) = i;
            for (std::size_t i = 1; i < who.size(); ++i)
                if (priority(who[i]) > priority(who[chosen])) chosen = i;
        }
    } else if (seen_.insert(situation(who.empty() ? nullptr : who[0])).second) {
        std::string other(out_.choices.begin(), out_.choices.begin() + at);
        other.push_back(0);
        for (std::size_t i = 1; i < costs.size(); ++i) {
            other.back() = static_cast<char>(i);
            (costs[i] != 0 ? costly_ : free_)->push_back(other);
        }
    } else {
        known_ = true; // from here on it goes as it went before
    }
    out_.choices[at] = static_cast<std::uint8_t>(chosen);
    ++out_.choices_count;
    return chosen;
}

void scheduler::touch(thread& me, const void* object, bool writes, std::uint64_t what) {
    std::uint64_t& of_object = histories_[object];
    me.history = mixed(mixed(me.history, of_object), 2 * what + (writes ? 1 : 0));
    if (writes) of_object = me.history;
}

/// The same number means that all went the same way so far, but for the order of steps
/// that have nothing to do with each other: what comes has been looked at already.
std::uint64_t scheduler::situation(const thread* turn) const {
    std::uint64_t result = turn == nullptr ? 100 : static_cast<std::uint64_t>(turn->id);
    for (const thread* t : threads)
        result = mixed(result, t->history);
    return result;
}

} // namespace ladder::exploring
