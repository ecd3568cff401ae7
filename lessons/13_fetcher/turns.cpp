#include "turns.hpp"

#include "redirect.hpp"
#include "workbench/http_exchange.hpp"

#include <algorithm>
#include <utility>

namespace ladder::fetcher {

namespace {

/// Where it is asked for next.
const std::string& address(const queued_task& j) {
    return j.what.at.empty() ? j.what.url : j.what.at;
}

std::size_t bytes_of(const queued_task& j) {
    return j.what.url.size() + j.what.at.size() + j.what.so_far.size();
}

} // namespace

turns::turns(const politeness& limits) : limits_(limits) {
    if (limits.robots) robots_.emplace(limits.robot);
}

void turns::add(queued_task j) {
    waiting_.push_back(std::move(j));
}

void turns::add_first(queued_task j) {
    waiting_.push_front(std::move(j));
}

void turns::add_at(turn_time when, queued_task j) {
    bytes_ += bytes_of(j);
    later_.push({when, order_++, std::move(j)});
}

void turns::clear() noexcept {
    waiting_.clear();
    parked_.clear();
    awake_.clear();
    parked_jobs_ = bytes_ = 0;
    later_ = {};
    alarms_ = {};
    refused_.clear();
}

// [next]
std::optional<queued_task> turns::next(turn_time now) {
    now_ = now;
    begin_at_.reset();
    look_at_times(now);
    if (now < limits_.next_of_all()) return {};
    if (auto parked = next_parked(now)) return parked;
    while (!waiting_.empty()) {
        queued_task j = std::move(waiting_.front());
        waiting_.pop_front();
        const std::string host = hosts_matter() ? host_of(address(j)) : "";
        if (!j.what.robots && parked_.contains(host)) { // behind the others of its host
            park(host, std::move(j), now);
            continue;
        }
        switch (look_at(j, host, now)) {
        case look::go:
            send_out(j, host, now);
            return j;
        case look::wait:
            park(host, std::move(j), now);
            break;
        case look::refuse:
            refuse(std::move(j));
            break;
        case look::ask_robots: {
            queued_task robots = robots_of(j);
            send_out(robots, host, now);
            park(host, std::move(j), now);
            return robots;
        }
        }
    }
    return {};
}

// [/next]

/// Hosts take turns: who had one goes to the end.
std::optional<queued_task> turns::next_parked(turn_time now) {
    while (!awake_.empty()) {
        const std::string host = std::move(awake_.front());
        awake_.pop_front();
        const auto found = parked_.find(host);
        lot& l = found->second;
        l.awake = false;
        const look seen = look_at(l.jobs.front(), host, now);
        std::optional<queued_task> out;
        if (seen == look::ask_robots) out = robots_of(l.jobs.front());
        if (seen == look::go || seen == look::refuse) {
            queued_task j = std::move(l.jobs.front());
            l.jobs.pop_front();
            --parked_jobs_;
            bytes_ -= bytes_of(j);
            if (seen == look::go)
                out = std::move(j);
            else
                refuse(std::move(j));
        }
        if (out) send_out(*out, host, now);
        if (l.jobs.empty())
            parked_.erase(found);
        else
            wake_or_set_alarm(host, l, now);
        if (out) return out;
    }
    return {};
}

turns::look turns::look_at(const queued_task& j, const std::string& host, turn_time now) {
    const auto may = limits_.may_ask(host, now);
    if (may == host_limits::verdict::never) {
        why_ = http_error::host_closed;
        detail_.clear();
        return look::refuse;
    }
    if (may == host_limits::verdict::later) return look::wait;
    if (!robots_ || j.what.robots || host.empty()) return look::go;
    hop to{.url = address(j)};
    if (fetcher::begin(to)) return look::go; // it is no URL: that will be said
    switch (robots_->may_ask(to.origin, to.to.target, now, why_, detail_)) {
    case robots_cache::verdict::allowed:
        return look::go;
    case robots_cache::verdict::refused:
        return look::refuse;
    case robots_cache::verdict::asked:
        return look::wait;
    case robots_cache::verdict::unknown:
        break;
    }
    return look::ask_robots;
}

queued_task turns::robots_of(const queued_task& j) {
    hop to{.url = address(j)};
    fetcher::begin(to);
    robots_->asking(to.origin);
    std::string host = to.to.authority(); // and which link leads there
    if (!to.to.zone.empty()) host.insert(host.find(']'), "%25" + to.to.zone);
    const std::string url =
        (to.to.secure ? "https://" : "http://") + host + "/robots.txt";
    return {.what = {.id = next_robots_id_++, .url = url, .robots = true}};
}

void turns::look_at_times(turn_time now) {
    for (; !later_.empty() && later_.top().when <= now; later_.pop()) {
        bytes_ -= bytes_of(later_.top().what);
        waiting_.push_front(std::move(later_.top().what));
    }
    for (; !alarms_.empty() && alarms_.top().first <= now; alarms_.pop()) {
        const auto found = parked_.find(alarms_.top().second);
        if (found == parked_.end() || found->second.alarm != alarms_.top().first)
            continue; // of a lot that has gone
        found->second.alarm = {};
        wake_or_set_alarm(found->first, found->second, now);
    }
}

void turns::park(const std::string& host, queued_task j, turn_time now) {
    ++parked_jobs_;
    bytes_ += bytes_of(j);
    const auto [found, is_new] = parked_.try_emplace(host);
    std::list<queued_task>& jobs = found->second.jobs;
    const bool goes_first = is_new || j.what.robots; // for that the others wait
    jobs.insert(goes_first ? jobs.begin() : jobs.end(), std::move(j));
    if (goes_first) wake_or_set_alarm(host, found->second, now);
}

/// When it has too many requests in flight, the end of one of them will wake it; when it
/// waits for its robots.txt, that will.
void turns::wake_or_set_alarm(const std::string& host, lot& l, turn_time now) {
    if (l.awake) return;
    const turn_time when = limits_.next_of(host);
    if (look_at(l.jobs.front(), host, now) != look::wait) {
        l.awake = true;
        awake_.push_back(host);
    } else if (when > now && l.alarm != when) {
        l.alarm = when;
        alarms_.emplace(when, host);
    }
}

void turns::send_out(queued_task& j, const std::string& host, turn_time now) {
    j.counted = limits_.asked(host, now);
}

turns::turn turns::begin(queued_task& j, turn_time now) {
    const std::string host = host_of(address(j));
    const turn_time when = std::max(limits_.next_of_all(), limits_.next_of(host));
    if (now < when) begin_at_ = std::min(when, begin_at_.value_or(when));
    if (now < limits_.next_of_all()) return turn::later;
    switch (look_at(j, host, now)) {
    case look::go:
        send_out(j, host, now);
        return turn::now;
    case look::refuse:
        refuse(std::move(j));
        return turn::never;
    case look::ask_robots:
        add_first(robots_of(j));
        break;
    case look::wait:
        break;
    }
    return turn::later;
}

void turns::over(const queued_task& j, const answer& said) {
    const bool trouble = said.status == 429 || said.status == 503;
    if (!j.counted && !trouble && !hosts_matter()) return;
    const std::string host = host_of(address(j));
    limits_.over(host, j.counted, said);
    const auto found = parked_.find(host);
    if (found != parked_.end()) wake_or_set_alarm(host, found->second, said.at);
}

bool turns::is_closed(const queued_task& j, turn_time now) const {
    return limits_.may_ask(host_of(address(j)), now) == host_limits::verdict::never;
}

void turns::refuse(queued_task j) {
    if (j.what.robots)
        learn(j.what, {.error = why_}, now_);
    else
        refused_.push_back({std::move(j.what), why_, detail_});
}

void turns::learn(const task& robots, const robots_answer& said, turn_time now) {
    hop to{.url = robots.url};
    fetcher::begin(to);
    robots_->learn(to.origin, said, now);
    const auto found = parked_.find(host_of(robots.url));
    if (found != parked_.end()) wake_or_set_alarm(found->first, found->second, now);
}

std::optional<turn_time> turns::wake_at() const {
    std::optional<turn_time> first;
    const auto at = [&](turn_time when) {
        if (!first || when < *first) first = when;
    };
    if (!later_.empty()) at(later_.top().when);
    if (!alarms_.empty()) at(alarms_.top().first);
    if (begin_at_) at(*begin_at_);
    if ((!waiting_.empty() || !awake_.empty()) && limits_.next_of_all() > now_)
        at(limits_.next_of_all());
    return first;
}

} // namespace ladder::fetcher
