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
    std::size_t height = 24;

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

    /// The same for somebody who reads it here: without the marks of Markdown, with bold
    /// headings and coloured code where there are colours.
    std::string render(std::string_view page) const;

    /// The lines that a text takes on this screen, where long ones are broken.
    std::size_t rows(std::string_view text) const;

private:
    std::string without_marks(std::string_view paragraph) const;
    std::string paragraphs(std::string_view page, bool rendered) const;
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

/// Columns of a text of UTF-8, each character one wide; colours have none.
std::size_t columns(std::string_view text);

constexpr char key_up = 'k', key_down = 'j', key_escape = '\x1b';

/// The keys of what came from a terminal at once. An arrow is three characters, ESC [ A
/// or ESC O A, and becomes `key_up` or `key_down`; others of that kind are none.
std::string keys_of(std::string_view typed);

/// Asks until the answer is yes or no. Throws `usage_error` where nobody can answer.
bool ask(std::string_view question);

} // namespace ladder
