#pragma once

#include "calibration.hpp"
#include "task.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ladder::fetcher {

/// Of the words of a URL, those that stay while the last one changes; in step, all do.
/// They are a place: what a server answers to random words there is learned once for all
/// URLs that have these.
std::string_view fixed_words(std::string_view words, bool in_step);

/// Which URLs wait until it is known what their server answers to random words, and which
/// random words are asked for. Without I/O. A URL with random words is a task like any
/// other, and goes where they go: what keeps those from a host keeps it, too.
///
/// A place is asked about from its first URL on: `held` has the URLs that came since.
/// When all random words that were asked for have their end, more of them are asked for,
/// or the place is known and the URLs go on. `to_tell` has the answers, for everybody who
/// will see one of these URLs; who comes later asks for `everything_known`.
///
/// Of places that are known and have no URL on its way, the oldest are forgotten.
class random_words {
public:
    static constexpr std::size_t most_places = 1000;
    static constexpr std::size_t most_bytes = 64 << 20; ///< Of their answers.
    static constexpr std::size_t most_held = 1024;      ///< URLs.

    /// With words in the template's places. Empty: no URL has any.
    random_words(std::string url_template, bool in_step)
        : template_(std::move(url_template)),
          in_step_(in_step) {}

    /// May another one come?
    bool wants_more() const noexcept { return held_ < most_held; }

    /// A URL of the list. Returns what is to be asked for now: it, or random words.
    std::vector<task> add(task t);

    /// Random words have this answer; status 0: none. Returns what is to be asked for
    /// now.
    std::vector<task> answered(const task& random, const random_answer& said);

    /// A URL of the list has ended.
    void ended(const task& t);

    /// What is known since the last call: tasks that are only told.
    std::vector<task> to_tell() { return std::exchange(news_, {}); }

    /// All that was told and not forgotten.
    std::vector<task> everything_known() const;

    /// None of those that wait goes on.
    void clear() noexcept;

private:
    struct place {
        calibration answers{}; ///< Until it is known.
        std::vector<task> told{};
        std::vector<task> held{};
        std::size_t asked = 0;
        std::size_t open = 0;   ///< Random words without an end.
        std::size_t on_way = 0; ///< URLs of the list that have not ended; also held ones.
        std::size_t bytes = 0;  ///< Of the answers.
        bool known = false;
    };

    std::vector<task> ask(const task& like, place& here);
    void forget_oldest();

    std::string template_;
    bool in_step_;
    std::unordered_map<std::string, place> places_;
    std::deque<std::string> known_; ///< In the order in which they became so.
    std::vector<task> news_;
    std::size_t bytes_ = 0; ///< Of all answers.
    std::size_t held_ = 0;
    std::uint64_t next_id_ = std::uint64_t{1} << 62; ///< No list is so long.
};

} // namespace ladder::fetcher
