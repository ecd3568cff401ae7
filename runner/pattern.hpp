#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ladder::learn {

/// A regular expression, of Perl's kind. Boost.Regex takes long to compile, so
/// pattern.cpp alone includes it.
class pattern {
public:
    /// What was found: all of it, then the groups; one that took no part is empty.
    struct match {
        std::size_t at; ///< Where in the text.
        std::vector<std::string> groups;

        const std::string& operator[](std::size_t n) const { return groups.at(n); }
    };

    /// Throws `std::runtime_error` when it is none.
    explicit pattern(const std::string& expression);
    ~pattern();

    /// Of the whole text.
    std::optional<match> matches(const std::string& text) const;
    /// The first one within the text.
    std::optional<match> search(const std::string& text) const;
    /// The text without all that matches.
    std::string erase_from(const std::string& text) const;

private:
    struct expression;
    std::unique_ptr<expression> expression_;
};

} // namespace ladder::learn
