#include "leased_list.hpp"

#include "fetcher/journal.hpp"
#include "fibers_on_asio/yield.hpp"
#include "records.hpp"

#include <algorithm>

namespace ladder::beyond_one_machine {

using fetcher::outcome;
using fetcher::task;
using fibers_on_asio::yield;

leased_list::leased_list(boost::asio::io_context& io, queue_address where,
                         sql::settings patience, queue::settings s, std::size_t in_flight)
    : database_(io, std::move(where), std::move(patience)),
      queue_(database_, std::move(s)),
      renewal_(io),
      in_flight_(in_flight) {
    queue_.renew(report_); // now others see this machine
    acknowledging_ =
        boost::fibers::fiber{[this] { guarded(&leased_list::acknowledge_all); }};
    renewing_ = boost::fibers::fiber{[this] { guarded(&leased_list::renew_all); }};
}

leased_list::~leased_list() {
    closed_ = ended_ = true;
    database_.hurry(std::chrono::milliseconds{0}); // without `end` it is not worth more
    changed_.notify_all();
    renewal_.cancel();
    if (acknowledging_.joinable()) acknowledging_.join();
    if (renewing_.joinable()) renewing_.join();
}

void leased_list::guarded(void (leased_list::*body)()) {
    try {
        (this->*body)();
    } catch (...) {
        if (!failure_) failure_ = std::current_exception();
    }
    changed_.notify_all();
}

std::optional<task> leased_list::next() {
    auto pause = first_look;
    while (!closed_) {
        if (failure_) std::rethrow_exception(failure_);
        if (credit() > 0)
            if (auto url = hand_out()) return url;
        const bool full = alone_ || credit() == 0 || whole_.size() >= most_unacknowledged;
        if (!full && claim()) continue;
        const bool idle = held_.empty() && whole_.empty();
        if (idle && queue_.finished()) break;
        wait(std::min(idle ? pause : look, queue_.about().lease / 3));
        pause = idle ? std::min(2 * pause, look) : first_look;
    }
    if (failure_) std::rethrow_exception(failure_);
    return {};
}

/// How many URLs the fetcher may be given now: as many as it works on at a time, and
/// ahead of that as many again, or twice what it got done lately. What one machine has in
/// stock no other can fetch; so at the end of a list all of them have little.
std::size_t leased_list::credit() const {
    const std::size_t may_have = in_flight_ + std::max(in_flight_, 2 * ended_lately_);
    return may_have - std::min(may_have, outstanding_.size());
}

/// What is ready; otherwise what others let expire, and what has to be buried, is made
/// ready. Last of all, and only by a machine that has nothing else to lose, one that
/// killed machines.
bool leased_list::claim() {
    const std::size_t wanted = usual_size_ == 0 ? 1 : credit() / usual_size_;
    auto got = queue_.claim(std::clamp<std::size_t>(wanted, 1, most_claimed));
    if (got.empty() && (queue_.redeliver() > 0 || queue_.bury())) return true;
    if (got.empty() && held_.empty() && whole_.empty()) {
        got = queue_.claim(1, true);
        alone_ = !got.empty();
    }
    if (!got.empty()) usual_size_ = std::max(usual_size_, got[0].n);
    for (batch& b : got) {
        const name key{b.first, b.n};
        if (const auto old = held_.find(key); old != held_.end()) drop(old); // expired
        pending_.push_back(&held_.emplace(key, held{.what = std::move(b)}).first->second);
    }
    return !got.empty();
}

std::optional<task> leased_list::hand_out() {
    while (!pending_.empty()) {
        held& front = *pending_.front();
        const auto line = line_at(front.what.urls, front.at);
        if (!line) {
            pending_.pop_front();
            continue;
        }
        const auto [known, added] = outstanding_.insert_or_assign(line->number, &front);
        if (added) return task{line->number, std::string{line->url}};
    }
    return {};
}

void leased_list::take(const task& t, const outcome& o, std::optional<std::size_t> worker,
                       const std::string& error) {
    ++ended_now_;
    if (const auto now = std::chrono::steady_clock::now(); now - period_began_ > period) {
        ended_lately_ = std::exchange(ended_now_, 0);
        period_began_ = now;
    }
    if (credit() == 0) changed_.notify_all();
    const auto found = outstanding_.extract(t.id);
    if (found.empty() || found.mapped() == nullptr) return; // another machine's by now
    held& h = *found.mapped();
    record_.clear();
    fetcher::append_record(record_, t, o, worker, error);
    append_with_machine(h.records, record_, queue_.about().machine);
    h.failed += o.status == 0 || o.error ? 1 : 0;
    if (++h.ended < h.what.n) return;
    const name key{h.what.first, h.what.n};
    std::erase(pending_, &h);
    whole_.push_back(std::move(held_.extract(key).mapped()));
    alone_ = false;
    changed_.notify_all();
}

void leased_list::acknowledge_all() {
    for (;;) {
        changed_.wait(one_thread_, [this] { return ended_ || !whole_.empty(); });
        if (whole_.empty()) return;
        const held& h = whole_.front(); // where it stays; others only add behind it
        if (queue_.acknowledge(h.what, h.records, h.failed)) {
            report_.done += h.what.n;
            report_.failed += h.failed;
        } else {
            ++refused_;
        }
        if (!whole_.empty()) whole_.pop_front();
        changed_.notify_all();
    }
}

void leased_list::renew_all() {
    const auto longest = std::min(queue_.about().lease / 3, reports);
    auto pause = std::min(first_report, longest);
    while (!ended_) {
        boost::system::error_code ignored;
        renewal_.expires_after(pause);
        pause = std::min(2 * pause, longest);
        renewal_.async_wait(yield[ignored]);
        if (ended_) return;
        std::map<name, std::uint64_t> before; // what comes while we ask is not lost
        for (const auto& [key, h] : held_)
            before.emplace(key, h.what.fence);
        for (const batch& b : queue_.renew(report_))
            if (const auto it = before.find({b.first, b.n});
                it != before.end() && it->second == b.fence)
                before.erase(it);
        for (const auto& [key, fence] : before)
            if (const auto lost = held_.find(key);
                lost != held_.end() && lost->second.what.fence == fence)
                drop(lost);
        queue_.redeliver();
        changed_.notify_all();
    }
}

void leased_list::drop(std::map<name, held>::iterator lost) {
    for (auto& [id, whose] : outstanding_)
        if (whose == &lost->second) whose = nullptr;
    std::erase(pending_, &lost->second);
    held_.erase(lost);
    alone_ = false;
}

void leased_list::wait(std::chrono::milliseconds time) {
    changed_.wait_until(one_thread_, std::chrono::steady_clock::now() + time);
}

void leased_list::close() noexcept {
    closed_ = true;
    changed_.notify_all();
}

void leased_list::end() {
    close();
    database_.hurry(std::chrono::seconds{15});
    ended_ = true;
    changed_.notify_all();
    renewal_.cancel();
    acknowledging_.join();
    renewing_.join();
    if (failure_) std::rethrow_exception(failure_);
    if (!held_.empty()) queue_.give_back();
    queue_.renew(report_);
}

} // namespace ladder::beyond_one_machine
