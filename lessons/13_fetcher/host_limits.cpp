#include "host_limits.hpp"

#include "redirect.hpp"

#include <algorithm>

namespace ladder::fetcher {

using namespace std::chrono_literals;

namespace {

/// Who was held up may catch up with so much of the rate at once.
constexpr auto slack = 10ms;
/// After a pause, a host in trouble is remembered for so long.
constexpr auto memory_of_trouble = 60s;

turn_time after_one_more(turn_time next, turn_time now, double rate) {
    if (rate <= 0) return next;
    const std::chrono::duration<double> apart{1 / rate};
    return std::max(next, now - slack) +
           std::chrono::duration_cast<turn_time::duration>(apart);
}

} // namespace

std::string host_of(std::string_view url) {
    const auto is_plain = [](unsigned char c) { return c < 0x80 && c != '%'; };
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return {};
    std::string_view host = url.substr(scheme + 3);
    host = host.substr(0, host.find_first_of("/?#"));
    host.remove_prefix(host.rfind('@') + 1); // npos + 1 is 0
    std::string name;
    if (std::ranges::all_of(host, is_plain)) {
        name = host.starts_with('[') ? host.substr(0, host.find(']') + 1)
                                     : host.substr(0, host.find(':'));
    } else { // in another way of writing, which is rare
        hop to{.url = std::string{url}};
        if (begin(to)) return {}; // then it is asked for nothing
        name = to.to.host.find(':') == std::string::npos ? to.to.host
                                                         : '[' + to.to.host + ']';
    }
    if (name.size() > 1 && name.ends_with('.')) name.pop_back();
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return name;
}

host_limits::verdict host_limits::may_ask(const std::string& name, turn_time now) const {
    const auto found = hosts_.find(name);
    if (found == hosts_.end()) return verdict::now;
    const host& h = found->second;
    if (h.closed && now < h.until) return verdict::never;
    if (now < h.free_from()) return verdict::later;
    const std::size_t most = h.strikes > 0 ? 1 : limits_.per_host;
    return most == 0 || h.in_flight < most ? verdict::now : verdict::later;
}

turn_time host_limits::next_of(const std::string& name) const {
    const auto found = hosts_.find(name);
    return found == hosts_.end() ? turn_time{} : found->second.free_from();
}

bool host_limits::asked(const std::string& name, turn_time now) {
    next_of_all_ = after_one_more(next_of_all_, now, limits_.rate);
    if (!look_at_hosts() || name.empty()) return false;
    const bool limited = limits_.per_host > 0 || limits_.per_host_rate > 0;
    const auto found = limited ? hosts_.try_emplace(name).first : hosts_.find(name);
    if (found == hosts_.end()) return false;
    host& h = found->second;
    ++h.in_flight;
    h.next = after_one_more(h.next, now, limits_.per_host_rate);
    return true;
}

void host_limits::over(const std::string& name, bool counted, const answer& said) {
    const bool trouble = said.status == 429 || said.status == 503;
    if (name.empty() || !(counted || trouble || !hosts_.empty())) return;
    const auto found = trouble ? hosts_.try_emplace(name).first : hosts_.find(name);
    if (found != hosts_.end()) {
        host& h = found->second;
        if (counted && h.in_flight > 0) --h.in_flight;
        listen(h, said);
        forget_if_idle(found, said.at);
    }
    while (!expiries_.empty() && expiries_.top().first <= said.at) {
        const auto [time, whose] = expiries_.top();
        expiries_.pop();
        const auto expired = hosts_.find(whose);
        if (expired == hosts_.end() || expired->second.expiry != time) continue;
        expired->second.expiry = {};
        forget_if_idle(expired, said.at);
    }
}

// [listen]
/// An answer to a request that went out before the pause says nothing new: of a hundred
/// that were in flight, one counts.
void host_limits::listen(host& h, const answer& said) {
    const bool paused = said.at < h.until;
    if (h.closed && !paused) {
        h.closed = false;
        --closed_;
    }
    if (said.status != 429 && said.status != 503) {
        if (said.status != 0 && !paused) h.strikes = 0;
        return;
    }
    if (!paused) {
        const auto pause = first_pause * (1 << std::min(h.strikes, 10));
        h.until = said.at + std::min<turn_time::duration>(pause, longest_pause);
        ++h.strikes;
    }
    if (!said.retry_after) return;
    const bool closes = *said.retry_after > patience && !h.closed;
    if (closes && closed_ == most_closed) return; // not remembered
    h.until = std::max(h.until, said.at + *said.retry_after);
    if (!closes) return;
    h.closed = true;
    ++closed_;
}

// [/listen]

turn_time host_limits::host::known_until() const noexcept {
    return strikes > 0 ? until + memory_of_trouble : free_from();
}

void host_limits::forget_if_idle(hosts::iterator known, turn_time now) {
    host& h = known->second;
    if (h.in_flight > 0) return; // when that is over
    if (const turn_time until = h.known_until(); until > now) {
        if (h.expiry == turn_time{}) expiries_.emplace(h.expiry = until, known->first);
        return;
    }
    closed_ -= h.closed ? 1 : 0;
    hosts_.erase(known);
}

} // namespace ladder::fetcher
