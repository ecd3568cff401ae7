#include "watch_screen.hpp"

#include "desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

namespace ladder::learn {

namespace {

constexpr std::array<std::string_view, 9> key_words{"r run",   "h hint", "t task",
                                                    "n next",  "l list", "s solution",
                                                    "x reset", "? keys", "q quit"};

/// The last lines of a text that have room in `rows` lines of the screen.
std::string end_of(std::string_view text, std::size_t rows, const look& l) {
    std::size_t at = text.size();
    while (at > 0) {
        const auto before = text.rfind('\n', at - 2);
        const std::size_t begin = at < 2 || before == text.npos ? 0 : before + 1;
        if (l.rows(text.substr(begin)) > rows) break;
        at = begin;
    }
    return std::string{text.substr(at)};
}

} // namespace

void watch_screen::show(page what) {
    page_ = std::move(what);
    added_.clear();
    activity_.clear();
    draw(true);
}

void watch_screen::add(const std::string& text) {
    activity_.clear();
    added_ += text;
    if (look::now().terminal)
        draw(true);
    else
        fmt::print("{}", text);
    std::fflush(stdout);
}

void watch_screen::working_on(const std::string& what) {
    if (what == activity_ || !look::now().terminal) return;
    activity_ = what;
    draw(false);
}

void watch_screen::resized() {
    if (page_ && look::now().terminal) draw(false);
}

void watch_screen::leave() const {
    if (look::now().terminal) fmt::print("\n");
}

/// `whole`: what has no room scrolls off, and can be scrolled back to; otherwise the end
/// of the page is shown, as far as there is room.
void watch_screen::draw(bool whole) const {
    const look l = look::now();
    std::string text = page_(l) + added_;
    if (!l.terminal) {
        fmt::print("{}", text);
        std::fflush(stdout);
        return;
    }
    if (!activity_.empty()) text += l.faint(activity_) + "\n";
    const std::string last = "\n" + keys(l);
    const std::size_t room = l.height - std::min(l.height, l.rows(last));
    const bool fits = l.rows(text) <= room;
    if (!whole && !fits) text = end_of(text, room, l);
    if (whole && !fits) fmt::print("\x1b[2J"); // what is there scrolls off
    // Each line over the one that was there: nothing flickers.
    fmt::print("\x1b[H");
    text += last;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        fmt::print("{}\x1b[K{}", text.substr(at, end - at),
                   end < text.size() ? "\n" : "");
        at = end + 1;
    }
    fmt::print("\x1b[J");
    std::fflush(stdout);
}

std::string watch_screen::keys(const look& l) const {
    const auto all = course_.exercises();
    const auto passed = std::ranges::count_if(
        all, [&](const exercise* e) { return !progress_.of(e->name).passed.empty(); });
    std::string text = fmt::format("watching {}", watched->edit.front());
    if (!told_of_saves) text += ", by looking at it now and then";
    text += fmt::format(" · {} of {} passed", passed, all.size());
    text = l.faint(l.wrap(text, 0));
    if (!have_keys) return text;
    text += "\n";
    std::size_t column = 0;
    for (const std::string_view key : key_words) {
        if (column > 0 && column + 2 + key.size() > l.width) {
            text += "\n";
            column = 0;
        }
        text += fmt::format("{}{}{}", column > 0 ? "  " : "", l.bold(key.substr(0, 1)),
                            l.faint(key.substr(1)));
        column += key.size() + (column > 0 ? 2 : 0);
    }
    return text;
}

exercise_picker::exercise_picker(const course& c, const exercise& now)
    : all_(c.exercises()),
      at_(static_cast<std::size_t>(std::ranges::find(all_, &now) - all_.begin())) {}

std::string exercise_picker::draw(const progress& p, const look& l,
                                  std::size_t rows) const {
    rows = std::clamp<std::size_t>(rows, 1, all_.size());
    const std::size_t first =
        std::min(at_ - std::min(at_, rows / 2), all_.size() - rows); // the chosen: middle
    std::string text;
    for (std::size_t i = first; i < first + rows; ++i) {
        const std::string line =
            fmt::format("{} {} {}", i == at_ ? ">" : " ", all_[i]->number(),
                        list_line(*all_[i], p, l));
        text += (i == at_ ? l.bold(line) : line) + "\n";
    }
    return text;
}

} // namespace ladder::learn
