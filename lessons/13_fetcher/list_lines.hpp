#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ladder::fetcher {

/// Cuts a list, which comes block by block, into its lines: URLs, or words. Left out are
/// what editors and spreadsheets add: blanks at both ends, a byte order mark (also in
/// the middle, where lists were put together), empty lines; and comments, which begin
/// with `#`. A line ends in LF, CR LF or CR, and a list may be in UTF-16, if it begins
/// with the mark of that.
///
/// Only what was appended last is held; of a line that is longer than any URL, only its
/// beginning.
class list_lines {
public:
    void append(std::string_view block);
    /// No more will be appended: what is there is the last line.
    void end() { ended_ = true; }

    /// Valid until `append`. Nothing: append more, or it was the last one.
    std::optional<std::string_view> next();

    /// How many bytes all lines have that have ended: behind them is at most the
    /// beginning of one. To be asked when `next` has nothing more.
    std::uint64_t whole_bytes() const noexcept { return whole_bytes_; }

    /// Which line `next` returned last, from 1, counting also those that were left out.
    std::uint64_t number() const noexcept { return number_; }

private:
    enum class order { none, low_first, high_first }; ///< Of the two bytes of UTF-16.

    /// Longer than what the supervisor takes for a URL.
    static constexpr std::size_t longest_line = 128 << 10; // bytes

    bool is_wide() const { return order_ != order::none; }

    void look_for_mark();
    /// Where the line ends, or npos.
    std::size_t narrow_end() const;
    std::size_t wide_end() const;
    char16_t unit_at(std::size_t i) const;
    std::string narrowed(std::string_view line) const;

    std::string buffer_;
    std::size_t line_start_ = 0;
    std::size_t searched_ = 0; ///< No line ends between `line_start_` and here.
    std::uint64_t number_ = 0;
    std::uint64_t appended_ = 0; ///< Bytes.
    std::uint64_t whole_bytes_ = 0;
    bool ended_ = false;
    bool after_cr_ = false; ///< The line before ended in CR.
    order order_ = order::none;
    std::string narrowed_; ///< What `next` returned, when the list is wide.
};

/// The text without what nobody sees at its ends: blanks, controls, byte order marks.
std::string_view without_blanks(std::string_view text);

/// A line with a URL, without the comment behind it: a URL has no blanks (RFC 3986,
/// appendix C), so what follows one with a # is none of it.
std::string_view without_comment(std::string_view line);

/// Calls `take` with each line of a file that is a URL, or a word, and its number. Throws
/// std::system_error.
void for_each_entry(
    const std::string& file,
    const std::function<void(std::uint64_t number, std::string_view entry)>& take);

} // namespace ladder::fetcher
