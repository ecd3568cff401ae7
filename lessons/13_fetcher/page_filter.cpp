#include "page_filter.hpp"

#include "random_words.hpp"

#include <string_view>

namespace ladder::fetcher {

namespace {

answer_shape shape_of(const fetched& f) {
    return {.status = f.o.status, .bytes = f.o.bytes, .text = f.text};
}

} // namespace

page_filter::page_filter(page_fetcher& pages, const match_settings& settings)
    : pages_(pages),
      settings_(settings),
      wanted_(settings) {}

// [fetch]
fetched page_filter::fetch(const task& t, sha256& hash) {
    fetched f = pages_.fetch(t, hash);
    outcome& o = f.o;
    if (o.given_back || o.disk_failed || t.robots) return f;
    const bool is_end = !o.next || o.next->same_again;
    if (t.random && is_end) o.text = f.text; // for the supervisor, who tells all workers
    if (!t.random && is_end) judge(t, f);
    if (t.random || !o.mismatch.empty()) {
        f.page.reset();
        f.archived.clear();
    }
    return f;
}

void page_filter::judge(const task& t, fetched& f) const {
    outcome& o = f.o;
    o.judged = true;
    const std::string_view text = f.text;
    o.mismatch =
        o.error ? "no answer"
                : wanted_.mismatch(o.status, o.bytes, text.substr(text.find('\n') + 1));
    const auto fixed = fixed_words(t.words, settings_.in_step);
    const auto place = places_.find(std::string{fixed});
    if (o.mismatch.empty() && place != places_.end())
        o.mismatch = place->second.likeness(shape_of(f), t.words.substr(fixed.size()));
}

// [/fetch]

void page_filter::learn(const task& t) {
    const auto fixed = fixed_words(t.words, settings_.in_step);
    const random_answer& said = *t.learnt;
    if (said.status == 0)
        places_.erase(std::string{fixed});
    else
        places_[std::string{fixed}].add({said.status, said.bytes, said.text},
                                        t.words.substr(fixed.size()));
}

} // namespace ladder::fetcher
