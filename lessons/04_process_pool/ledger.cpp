#include "ledger.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace ladder::process_pool {

using namespace std::chrono_literals;

ledger::ledger(const pool_options& options)
    : options_(options),
      workers_(options.workers) {}

// --- tasks

void ledger::add(const task& added) {
    added->number = ++added_;
    if (added->time_limit == 0ms) added->time_limit = options_.time_limit;
    waiting_.push_back(added);
}

void ledger::end(task ended, outcome&& result) {
    ended->ended = true;
    ended->result = std::move(result);
    std::string{}.swap(ended->request);
    if (ended->on_end) ended_.push_back(std::move(ended));
}

ledger::task ledger::next_ended() {
    if (ended_.empty()) return {};
    task next = std::move(ended_.front());
    ended_.pop_front();
    return next;
}

bool ledger::busy() const noexcept {
    return !waiting_.empty() || !ended_.empty() ||
           std::ranges::any_of(workers_,
                               [](const account& w) { return !w.held.empty(); });
}

void ledger::abandon() {
    for (account& w : workers_)
        std::ranges::move(w.held, std::back_inserter(waiting_));
    for (const task& left : waiting_) {
        left->ended = true;
        left->result = {.how = ending::abandoned,
                        .cause = "the pool ended before it did"};
    }
}

// --- workers

void ledger::started(std::size_t worker) {
    workers_[worker].there = true;
    ++statistics.started;
}

bool ledger::idle() const noexcept {
    return std::ranges::any_of(
        workers_, [](const account& w) { return w.takes_tasks() && w.held.empty(); });
}

/// How many tasks it may hold.
std::size_t ledger::allowance(const account& w) const {
    const auto ahead = static_cast<std::size_t>(enough_work / std::max(w.pace, 1ns));
    std::size_t most = 1 + std::min(options_.ahead, ahead);
    if (options_.tasks_per_worker != 0)
        most = std::min(most, w.held.size() + options_.tasks_per_worker - w.given);
    return most;
}

std::vector<std::size_t> ledger::hand_out() {
    std::vector<std::size_t> hungry;
    for (std::size_t i = 0; i < workers_.size(); ++i)
        if (workers_[i].takes_tasks() &&
            workers_[i].held.size() <= allowance(workers_[i]) / 2)
            hungry.push_back(i);
    while (!waiting_.empty()) {
        account* least = nullptr;
        for (const std::size_t i : hungry)
            if (account& w = workers_[i];
                w.held.size() < allowance(w) &&
                (least == nullptr || w.held.size() < least->held.size()))
                least = &w;
        if (least == nullptr) break;
        least->held.push_back(std::move(waiting_.front()));
        ++least->given;
        waiting_.pop_front();
    }
    return hungry;
}

void ledger::begun(std::size_t worker, std::uint64_t number, time_point now) {
    account& w = workers_[worker];
    if (w.held.empty() || w.held.front()->number != number)
        throw std::runtime_error{"the beginning of nobody's task"};
    w.held.front()->started = true;
    w.began = now;
    w.useful = true;
}

void ledger::ended(std::size_t worker, std::uint64_t number, outcome&& result,
                   time_point now) {
    account& w = workers_[worker];
    if (w.held.empty() || w.held.front()->number != number)
        throw std::runtime_error{"an outcome for nobody's task"};
    if (!w.running()) throw std::runtime_error{"an outcome before the beginning"};
    // Up at once, down slowly: after one slow task it gets nothing ahead for a while.
    const std::chrono::nanoseconds took = now - w.began;
    w.pace = std::max(took, (7 * w.pace + took) / 8);
    end(std::move(w.held.front()), std::move(result));
    w.held.pop_front();
}

bool ledger::expire(std::size_t worker, time_point now) {
    account& w = workers_[worker];
    if (w.doomed || !w.running()) return false;
    const auto limit = w.held.front()->time_limit;
    if (limit == 0ms || now < w.began + limit) return false;
    end(std::move(w.held.front()),
        {.how = ending::timed_out,
         .cause = "it took longer than " + std::to_string(limit.count()) + " ms"});
    w.held.pop_front();
    w.doomed = true;
    return true;
}

std::optional<ledger::time_point> ledger::deadline() const {
    std::optional<time_point> first;
    for (const account& w : workers_)
        if (w.running() && w.held.front()->time_limit > 0ms) {
            const time_point its = w.began + w.held.front()->time_limit;
            first = std::min(first.value_or(its), its);
        }
    return first;
}

bool ledger::may_go(std::size_t worker) {
    account& w = workers_[worker];
    if (w.leaving || options_.tasks_per_worker == 0 ||
        w.given < options_.tasks_per_worker || !w.held.empty())
        return false;
    return w.leaving = true;
}

void ledger::died(std::size_t worker, const std::string& how) {
    const account dead = std::exchange(workers_[worker], {});
    if (dead.leaving && dead.held.empty())
        ++statistics.retired;
    else
        ++statistics.lost;
    useless_ = dead.useful || dead.leaving ? 0 : useless_ + 1;

    for (auto held = dead.held.rbegin(); held != dead.held.rend(); ++held) {
        job& its = **held;
        if (std::exchange(its.started, false)) {
            if (++its.deaths == deaths_until_given_up) {
                end(*held, {.how = ending::worker_died,
                            .cause = "two workers died of it, the last was " + how});
                continue;
            }
            ++statistics.retries;
        }
        waiting_.push_front(*held);
    }
    if (useless_ < useless_until_given_up) return;
    for (const task& hopeless : std::exchange(waiting_, {}))
        end(hopeless,
            {.how = ending::worker_died,
             .cause = "workers die before they begin anything, the last was " + how});
    useless_ = 0;
}

} // namespace ladder::process_pool
