#include "word_lists.hpp"

#include "list_lines.hpp"

#include <algorithm>
#include <cstdint>

namespace ladder::fetcher {

namespace {

constexpr std::string_view place = "{}";

std::string_view without_tab(std::string_view word) {
    return word.substr(0, word.find('\t'));
}

} // namespace

std::size_t places_in(std::string_view url_template) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = url_template.find(place, at)) != url_template.npos;
         at += place.size())
        ++count;
    return count;
}

std::string filled_in(std::string_view url_template, std::string_view words) {
    std::string url;
    for (std::size_t at; (at = url_template.find(place)) != url_template.npos;) {
        const auto word = without_tab(words);
        url.append(url_template.substr(0, at)).append(word);
        url_template.remove_prefix(at + place.size());
        if (word.size() < words.size()) words.remove_prefix(word.size() + 1);
    }
    return url.append(url_template);
}

word_combinations::word_combinations(const std::vector<std::string>& other_lists,
                                     bool in_step)
    : in_step_(in_step) {
    for (const std::string& file : other_lists) {
        auto& words = others_.emplace_back();
        for_each_entry(file, [&](std::uint64_t, std::string_view word) {
            words.emplace_back(without_tab(word));
        });
    }
}

void word_combinations::begin(std::string_view word) {
    word_ = without_tab(word);
    ++begun_;
    next_ = 0;
}

std::size_t word_combinations::count(std::size_t words) const {
    for (const auto& list : others_)
        words = in_step_ ? std::min(words, list.size()) : words * list.size();
    return words;
}

std::optional<std::string_view> word_combinations::next() {
    if (begun_ == 0) return {};
    if (in_step_ ? next_ > 0 || begun_ > count(begun_) : next_ >= count(1)) return {};
    together_ = word_;
    std::size_t which = in_step_ ? 0 : next_;
    std::size_t of_the_rest = count(1);
    for (const auto& list : others_) { // the last one turns fastest
        of_the_rest /= std::max<std::size_t>(list.size(), 1);
        const std::size_t i = in_step_ ? begun_ - 1 : which / of_the_rest;
        if (!in_step_) which %= of_the_rest;
        together_.append("\t").append(list[i]);
    }
    ++next_;
    return together_;
}

} // namespace ladder::fetcher
