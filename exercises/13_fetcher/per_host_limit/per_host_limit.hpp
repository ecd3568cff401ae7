#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace ladder {

/// One page of a list.
struct page_of_host {
    std::string host;
    std::uint64_t number = 0;
};

/// Which page of a list may begin, when at most `limit` pages of one host may be fetched
/// at a time. It fetches nothing and waits for nobody: somebody tells it what happened.
class per_host_limit {
public:
    explicit per_host_limit(std::size_t limit) : limit_(limit) {}

    /// That page waits, behind all others.
    void add(page_of_host page) { waiting_.push_back(std::move(page)); }

    /// The first page, in the order in which they were added, that may begin; it begins.
    /// Nothing: none may.
    std::optional<page_of_host> next() {
        // TODO: no more than the limit of one host, and the others go on.
        if (waiting_.empty()) return {};
        page_of_host begun = std::move(waiting_.front());
        waiting_.pop_front();
        ++in_flight_[begun.host];
        return begun;
    }

    /// A page of that host has ended. When none is in flight, that is a mistake, and
    /// changes nothing.
    void ended(const std::string& host) {
        // TODO: a host with nothing in flight is not remembered.
        --in_flight_[host];
    }

    std::size_t waiting() const noexcept { return waiting_.size(); }

    /// Hosts that it has a count for. A list may have a million of them.
    std::size_t known_hosts() const noexcept { return in_flight_.size(); }

private:
    std::size_t limit_;
    std::list<page_of_host> waiting_;
    std::unordered_map<std::string, std::size_t> in_flight_; ///< Pages, by host.
};

} // namespace ladder
