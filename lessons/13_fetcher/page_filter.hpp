#pragma once

#include "answer_match.hpp"
#include "calibration.hpp"
#include "page_fetcher.hpp"

#include <string>
#include <unordered_map>

namespace ladder::fetcher {

/// Fetches pages and keeps those that are looked for. With `--calibrate`, it is told what
/// the answers to random words are before it gets a URL with other words in their place;
/// who asks for these, and when, is decided where all requests are: random_words.hpp.
class page_filter {
public:
    /// The fetcher and the settings must live as long as this.
    page_filter(page_fetcher& pages, const match_settings& settings);

    /// As that of the fetcher.
    fetched fetch(const task& what, sha256& hash);

    /// Takes a task that is `learnt`.
    void learn(const task& what);

private:
    void judge(const task& t, fetched& f) const;

    page_fetcher& pages_;
    const match_settings& settings_;
    answer_match wanted_;
    std::unordered_map<std::string, calibration> places_;
};

} // namespace ladder::fetcher
