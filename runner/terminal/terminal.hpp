#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include <termios.h>

/// What the companion and the tour know of the terminal.
namespace ladder {

/// Whoever typed the command made a mistake; one line that says which, and what to do.
/// Status 2.
struct usage_error : std::runtime_error {
    using runtime_error::runtime_error;
};

/// How to write to standard output.
struct look {
    bool terminal = false; ///< A person looks at it.
    bool color = false;    ///< And wants colours: NO_COLOR is not set (no-color.org).
    std::size_t width = 80;

    /// As it is now; ask again after a window was resized.
    static look now();

    std::string red(std::string_view text) const { return paint("31;1", text); }

    std::string green(std::string_view text) const { return paint("32;1", text); }

    std::string bold(std::string_view text) const { return paint("1", text); }

    std::string faint(std::string_view text) const { return paint("2", text); }

    /// Breaks a text into lines of at most `width` columns at its blanks; lines after the
    /// first begin with `indent` blanks. Counts characters of UTF-8, each one column
    /// wide.
    std::string wrap(std::string_view text, std::size_t indent) const;

    /// The paragraphs of a page (Markdown) in lines of this width; what is fenced, a
    /// table or a heading stays as it is.
    std::string reflow(std::string_view page) const;

private:
    std::string paint(std::string_view code, std::string_view text) const;
};

/// Lets single keys through from the terminal, unseen and without Return, as long as it
/// lives. Does nothing where standard input is no terminal.
class key_mode {
public:
    key_mode();
    ~key_mode();
    key_mode(const key_mode&) = delete;
    key_mode& operator=(const key_mode&) = delete;

    bool active() const noexcept { return active_; }

    void apply() const noexcept; ///< Again, after the program was stopped and went on.

private:
    bool active_ = false;
    termios before_{};
};

/// Asks until the answer is yes or no. Throws `usage_error` where nobody can answer.
bool ask(std::string_view question);

} // namespace ladder
