#pragma once

#include "match_settings.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ladder::fetcher {

/// Whole numbers, like "200,301-308": each a number, or from a number to another one, of
/// which one may be missing.
class number_ranges {
public:
    number_ranges() = default; ///< Any number.
    /// Throws std::invalid_argument.
    explicit number_ranges(std::string_view text);

    bool contains(std::uint64_t number) const;

private:
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;
};

/// A text to be looked for; behind `re:` it is a regular expression, as Perl has them.
class text_pattern {
public:
    /// Throws std::invalid_argument.
    explicit text_pattern(std::string_view pattern);
    ~text_pattern();
    text_pattern(const text_pattern&) = delete;
    text_pattern& operator=(const text_pattern&) = delete;

    /// An expression that takes too long on this text is not in it.
    bool is_in(std::string_view text) const;

private:
    struct expression;

    std::string text_;
    std::unique_ptr<expression> expression_; ///< None: the text itself.
};

/// Tells by the answer whether a page is looked for.
class answer_match {
public:
    /// Throws std::invalid_argument when a pattern is none.
    explicit answer_match(const match_settings& settings);

    /// Why it is not; empty: it is.
    std::string mismatch(int status, std::uint64_t bytes, std::string_view body) const;

private:
    number_ranges statuses_, sizes_;
    std::unique_ptr<text_pattern> wanted_, unwanted_; ///< None: whatever it is.
};

} // namespace ladder::fetcher
