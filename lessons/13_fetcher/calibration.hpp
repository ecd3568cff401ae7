#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ladder::fetcher {

/// What is compared of an answer.
struct answer_shape {
    int status = 0;
    std::uint64_t bytes = 0;
    std::string_view text; ///< Its Location, a line break, and its body.
};

/// What a server answers to words that nobody has: a page for every name, a "not found"
/// with status 200. It is told the answers to random words, and then knows an answer that
/// is like them. It neither reads nor writes.
///
/// When those to random words are the same text, but for the word in it, which many pages
/// repeat, that text is what counts. When they are not, it is all in which they agree:
/// how they begin and end, the size, how many words and lines there are. A server may
/// have several pages for that, which it takes by turns: so it is asked more often when
/// the first answers differ.
class calibration {
public:
    static constexpr std::size_t few = 4;   ///< Answers that suffice, when all are alike.
    static constexpr std::size_t many = 16; ///< When they are not.

    /// Words that change together stand behind each other, with tabs between them.
    void add(const answer_shape& a, std::string_view random_words);

    bool wants_more(std::size_t asked) const;

    /// How the answer is like those to random words; empty: it is not.
    std::string likeness(const answer_shape& a, std::string_view words) const;

private:
    /// An answer to random words. Where one of them stood in its text, the text is cut.
    struct answer {
        std::vector<std::string> pieces{};
        std::vector<std::size_t> between{}; ///< Which word it was, behind each piece.
        std::uint64_t size = 0;             ///< Without the words in it.
        std::size_t words = 0;
        std::size_t lines = 0;

        std::string text_with(const std::vector<std::string_view>& words) const;
        std::uint64_t size_with(const std::vector<std::string_view>& words) const;
    };

    struct of_status {
        int status;
        std::vector<answer> answers;
    };

    static answer cut(const answer_shape& a, std::string_view words);
    static std::string_view common_start(const std::vector<answer>& answers);
    static std::string_view common_end(const std::vector<answer>& answers);

    std::vector<of_status> known_;
};

/// A word that is in no list, of so many letters.
std::string random_word(std::size_t size);

} // namespace ladder::fetcher
