#pragma once

#include "course.hpp"
#include "progress.hpp"
#include "terminal.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace ladder::learn {

/// What `watch` shows: a page, and below it, as the last of the screen at every width,
/// the keys. Without a terminal each page is printed below the one before.
class watch_screen {
public:
    watch_screen(const course& c, const progress& p) : course_(c), progress_(p) {}

    bool have_keys = false;
    bool told_of_saves = true;
    const exercise* watched = nullptr;

    /// A page, which is made anew for every width.
    using page = std::function<std::string(const look&)>;

    void show(page what);
    void add(const std::string& text);        ///< Below the page.
    void working_on(const std::string& what); ///< As its last line, until the next one.
    void resized();                           ///< Draws what is there again.
    void leave() const;                       ///< The shell goes on below.

    std::string keys(const look& l) const; ///< The last lines.

private:
    void draw(bool whole) const;

    const course& course_;
    const progress& progress_;
    page page_;
    std::string added_, activity_;
};

/// A list to choose an exercise from, as long as the screen allows.
class exercise_picker {
public:
    exercise_picker(const course& c, const exercise& now);

    void up() { at_ -= at_ > 0 ? 1 : 0; }

    void down() { at_ += at_ + 1 < all_.size() ? 1 : 0; }

    const exercise& chosen() const { return *all_[at_]; }

    /// With `rows` lines at most.
    std::string draw(const progress& p, const look& l, std::size_t rows) const;

private:
    std::vector<const exercise*> all_;
    std::size_t at_ = 0;
};

} // namespace ladder::learn
