#include "random_words.hpp"

#include "word_lists.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ladder::fetcher {

namespace {

constexpr std::size_t shortest = 8;

} // namespace

std::string_view fixed_words(std::string_view words, bool in_step) {
    return in_step ? std::string_view{} : words.substr(0, words.rfind('\t') + 1);
}

std::vector<task> random_words::add(task t) {
    place& here = places_[std::string{fixed_words(t.words, in_step_)}];
    ++here.on_way;
    std::vector<task> out;
    if (here.known) {
        out.push_back(std::move(t));
        return out;
    }
    if (here.asked == 0) out = ask(t, here);
    here.held.push_back(std::move(t));
    ++held_;
    return out;
}

/// As many as it takes, at once: that more are wanted is known when the first few have
/// their answers, and then nothing makes them fewer.
std::vector<task> random_words::ask(const task& like, place& here) {
    const auto fixed = fixed_words(like.words, in_step_);
    const auto changing = std::string_view{like.words}.substr(fixed.size());
    const std::size_t until =
        here.asked < calibration::few ? calibration::few : calibration::many;
    std::vector<task> out;
    for (; here.asked < until; ++here.asked, ++here.open) {
        const std::size_t size = shortest + here.asked % 4 * 3;
        std::string words{fixed};
        words += random_word(size);
        for (auto n = std::ranges::count(changing, '\t'); n > 0; --n)
            words += '\t' + random_word(size);
        out.push_back({.id = next_id_++,
                       .url = filled_in(template_, words),
                       .method = like.method,
                       .headers = like.headers,
                       .data = like.data,
                       .words = words,
                       .random = true});
    }
    return out;
}

std::vector<task> random_words::answered(const task& random, const random_answer& said) {
    const auto found = places_.find(std::string{fixed_words(random.words, in_step_)});
    if (found == places_.end()) return {}; // all is over
    auto& [fixed, here] = *found;
    --here.open;
    if (said.status != 0) {
        here.answers.add({said.status, said.bytes, said.text},
                         std::string_view{random.words}.substr(fixed.size()));
        here.told.push_back(random);
        here.told.back().learnt = said;
        here.bytes += said.text.size();
        bytes_ += said.text.size();
    }
    if (here.open > 0) return {};
    if (here.answers.wants_more(here.asked)) return ask(random, here);
    here.known = true;
    here.answers = {};
    known_.push_back(fixed);
    std::ranges::copy(here.told, std::back_inserter(news_));
    held_ -= here.held.size();
    auto go_on = std::exchange(here.held, {});
    forget_oldest();
    return go_on;
}

void random_words::ended(const task& t) {
    const auto found = places_.find(std::string{fixed_words(t.words, in_step_)});
    if (found != places_.end()) --found->second.on_way;
}

void random_words::forget_oldest() {
    for (auto i = known_.begin();
         i != known_.end() && (known_.size() > most_places || bytes_ > most_bytes);) {
        const auto found = places_.find(*i);
        if (found->second.on_way > 0) {
            ++i;
            continue;
        }
        bytes_ -= found->second.bytes;
        news_.push_back({.words = *i, .learnt = random_answer{}});
        places_.erase(found);
        i = known_.erase(i);
    }
}

std::vector<task> random_words::everything_known() const {
    std::vector<task> all;
    for (const auto& [fixed, here] : places_)
        if (here.known) std::ranges::copy(here.told, std::back_inserter(all));
    return all;
}

void random_words::clear() noexcept {
    places_.clear();
    known_.clear();
    news_.clear();
    bytes_ = held_ = 0;
}

} // namespace ladder::fetcher
