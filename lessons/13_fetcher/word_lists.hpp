#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ladder::fetcher {

/// Words that stand in one URL together: with a tab between them. So none of them has
/// one.
using words_of_url = std::string;

/// How many `{}` there are.
std::size_t places_in(std::string_view url_template);

/// The template with the words in place of each `{}`, in their order; the last word is
/// also for all places that are left.
std::string filled_in(std::string_view url_template, std::string_view words);

/// Puts the words of several lists together: each with each, or the first ones, the
/// second ones and so on, until a list ends. The first list comes word by word, and may
/// be as long as it likes; the others are in memory.
class word_combinations {
public:
    /// Throws std::system_error when a file cannot be read.
    word_combinations(const std::vector<std::string>& other_lists, bool in_step);

    /// The next word of the first list; what follows a tab is none of it.
    void begin(std::string_view word);

    /// Valid until the next call. Nothing: begin the next word.
    std::optional<std::string_view> next();

    /// How many there are when the first list has so many words.
    std::size_t count(std::size_t words) const;

private:
    std::vector<std::vector<std::string>> others_;
    bool in_step_;
    std::string word_;
    std::size_t begun_ = 0; ///< Words.
    std::size_t next_ = 0;  ///< Of those that go with this word.
    words_of_url together_;
};

} // namespace ladder::fetcher
