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
        for (auto page = waiting_.begin(); page != waiting_.end(); ++page) {
            const auto host = in_flight_.find(page->host);
            if (host != in_flight_.end() && host->second >= limit_) continue;
            ++in_flight_[page->host];
            page_of_host begun = std::move(*page);
            waiting_.erase(page);
            return begun;
        }
        return {};
    }

    /// A page of that host has ended. When none is in flight, that is a mistake, and
    /// changes nothing.
    void ended(const std::string& host) {
        const auto found = in_flight_.find(host);
        if (found == in_flight_.end()) return;
        if (--found->second == 0) in_flight_.erase(found);
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
