#include "page_filter.hpp"

#include "word_lists.hpp"

#include <algorithm>
#include <string_view>

namespace ladder::fetcher {

namespace {

constexpr std::size_t shortest_random_word = 8;
constexpr std::size_t remembered_limit = 1000; // places

/// Of the words of a URL, those that stay while the last one changes; in step, all do.
std::string_view fixed_words(std::string_view words, bool in_step) {
    return in_step ? std::string_view{} : words.substr(0, words.rfind('\t') + 1);
}

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
    std::shared_ptr<const place> here;
    if (settings_.calibrate && !t.robots) here = calibrated(t, hash);
    if (here && here->stopped) return {.o = {.id = t.id, .given_back = true}, .page = {}};
    fetched f = pages_.fetch(t, hash);
    outcome& o = f.o;
    const bool goes_on = o.next && !o.next->same_again;
    if (o.given_back || o.disk_failed || goes_on || t.robots) return f;
    o.judged = true;
    const std::string_view text = f.text;
    o.mismatch =
        o.error ? "no answer"
                : wanted_.mismatch(o.status, o.bytes, text.substr(text.find('\n') + 1));
    const auto fixed = fixed_words(t.words, settings_.in_step);
    if (o.mismatch.empty() && here)
        o.mismatch = here->known.likeness(shape_of(f), t.words.substr(fixed.size()));
    if (!o.mismatch.empty()) {
        f.page.reset();
        f.archived.clear();
    }
    return f;
}

// [/fetch]

std::shared_ptr<const page_filter::place> page_filter::calibrated(const task& t,
                                                                  sha256& hash) {
    if (places_.size() > remembered_limit) places_.clear();
    auto& entry = places_[std::string{fixed_words(t.words, settings_.in_step)}];
    const bool is_first = !entry;
    if (is_first) entry = std::make_shared<place>();
    const auto here = entry;
    if (!is_first) {
        changed_.wait(one_thread_, [&] { return here->done; });
        return here;
    }
    const auto end = [this](place* p) { // whatever happens, others wait for it
        p->done = true;
        changed_.notify_all();
    };
    const std::unique_ptr<place, decltype(end)> ends{here.get(), end};
    ask_for_random_words(t, *here, hash);
    return here;
}

void page_filter::ask_for_random_words(const task& t, place& here, sha256& hash) {
    const auto fixed = fixed_words(t.words, settings_.in_step);
    const auto changing = std::string_view{t.words}.substr(fixed.size());
    for (std::size_t asked = 0; here.known.wants_more(asked); ++asked) {
        const std::size_t size = shortest_random_word + asked % 4 * 3;
        std::string random = random_word(size);
        for (auto n = std::ranges::count(changing, '\t'); n > 0; --n)
            random += '\t' + random_word(size);
        task probe = t;
        probe.at.clear(); // that task may come from a redirect
        probe.so_far.clear();
        probe.url = filled_in(settings_.url_template, std::string{fixed} + random);
        for (bool ended = false; !ended;) {
            const fetched f = pages_.fetch(probe, hash);
            here.stopped = stopping_;
            if (here.stopped) return;
            ended = !f.o.next || f.o.next->same_again;
            if (ended && !f.o.error) here.known.add(shape_of(f), random);
            if (ended) continue;
            probe.at = f.o.next->at; // it is redirected
            probe.so_far = f.o.next->so_far;
        }
    }
}

} // namespace ladder::fetcher
