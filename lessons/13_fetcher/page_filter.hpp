#pragma once

#include "answer_match.hpp"
#include "calibration.hpp"
#include "fibers_on_asio/no_lock.hpp"
#include "page_fetcher.hpp"

#include <boost/fiber/condition_variable.hpp>

#include <memory>
#include <string>
#include <unordered_map>

namespace ladder::fetcher {

/// Fetches pages and keeps those that are looked for. With `--calibrate`, the first fiber
/// that comes to a place in which a word can stand asks for random words there; the
/// others that come meanwhile wait for what it learns.
class page_filter {
public:
    /// The fetcher and the settings must live as long as this.
    page_filter(page_fetcher& pages, const match_settings& settings);

    /// As that of the fetcher.
    fetched fetch(const task& what, sha256& hash);

    /// No random word is asked for any more; who waits for what they tell gives its task
    /// back.
    void stop() noexcept { stopping_ = true; }

private:
    struct place {
        calibration known{};
        bool done = false;
        bool stopped = false; ///< Before enough was known.
    };

    std::shared_ptr<const place> calibrated(const task& what, sha256& hash);
    void ask_for_random_words(const task& what, place& here, sha256& hash);

    page_fetcher& pages_;
    const match_settings& settings_;
    answer_match wanted_;
    bool stopping_ = false;
    std::unordered_map<std::string, std::shared_ptr<place>> places_;
    boost::fibers::condition_variable_any changed_;
    fibers_on_asio::no_lock one_thread_;
};

} // namespace ladder::fetcher
