#include "calibration.hpp"

#include "workbench/http_url.hpp"
#include "workbench/text.hpp"

#include <algorithm>
#include <cctype>
#include <random>
#include <set>
#include <utility>

namespace ladder::fetcher {

namespace {

bool is_of_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

std::size_t words_in(std::string_view text) {
    std::size_t count = 0;
    bool inside = false;
    for (const unsigned char c : text) {
        const bool is_blank = std::isspace(c) != 0;
        count += !is_blank && !inside ? 1 : 0;
        inside = !is_blank;
    }
    return count;
}

std::size_t lines_in(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

std::vector<std::string_view> split(std::string_view words) {
    std::vector<std::string_view> each;
    for (std::size_t tab; (tab = words.find('\t')) != words.npos;) {
        each.push_back(words.substr(0, tab));
        words.remove_prefix(tab + 1);
    }
    each.push_back(words);
    return each;
}

/// As a server may repeat them.
std::vector<std::string> forms_of(std::string_view words) {
    std::string encoded;
    for (const std::string_view word : split(words))
        (encoded += encoded.empty() ? "" : "\t") += repaired_url(word);
    return {std::string{words}, lower_case(words), encoded};
}

bool is_between(std::string_view text, std::string_view start, std::string_view end) {
    return text.size() >= start.size() + end.size() && text.starts_with(start) &&
           text.ends_with(end);
}

} // namespace

calibration::answer calibration::cut(const answer_shape& a, std::string_view words) {
    answer one{.size = a.bytes, .words = words_in(a.text), .lines = lines_in(a.text)};
    const auto each = split(words);
    for (std::string_view rest = a.text;;) {
        std::size_t at = rest.npos, which = 0;
        for (std::size_t i = 0; i < each.size(); ++i)
            if (const std::size_t found = rest.find(each[i]); found < at) {
                at = found;
                which = i;
            }
        one.pieces.emplace_back(rest.substr(0, at));
        if (at == rest.npos) return one;
        one.between.push_back(which);
        one.size -= std::min<std::uint64_t>(one.size, each[which].size());
        rest.remove_prefix(at + each[which].size());
    }
}

std::string
calibration::answer::text_with(const std::vector<std::string_view>& words) const {
    std::string text = pieces.front();
    for (std::size_t i = 0; i < between.size(); ++i)
        text.append(words[between[i]]).append(pieces[i + 1]);
    return text;
}

std::uint64_t
calibration::answer::size_with(const std::vector<std::string_view>& words) const {
    std::uint64_t bytes = size;
    for (const std::size_t which : between)
        bytes += words[which].size();
    return bytes;
}

void calibration::add(const answer_shape& a, std::string_view random_words) {
    auto known = std::ranges::find(known_, a.status, &of_status::status);
    if (known == known_.end())
        known = known_.insert(known_.end(), of_status{.status = a.status, .answers = {}});
    known->answers.push_back(cut(a, random_words));
}

bool calibration::wants_more(std::size_t asked) const {
    if (asked < few) return true;
    return asked < many && std::ranges::any_of(known_, [](const of_status& known) {
               const auto& first = known.answers.front().pieces;
               return std::ranges::any_of(
                   known.answers, [&](const answer& one) { return one.pieces != first; });
           });
}

std::string calibration::likeness(const answer_shape& a, std::string_view words) const {
    const auto known = std::ranges::find(known_, a.status, &of_status::status);
    if (known == known_.end()) return {};
    const auto& answers = known->answers;
    // Alike: all are one of a few, each of which came again and again.
    const auto alike = [&](auto what) {
        std::set<decltype(what(answers.front()))> kinds;
        for (const answer& one : answers)
            kinds.insert(what(one));
        return kinds.size() <= std::max<std::size_t>(1, answers.size() / few);
    };
    const auto is_like_any = [&](auto is_like) {
        return std::ranges::any_of(answers, is_like);
    };
    if (alike([](const answer& one) { return std::pair{one.pieces, one.between}; })) {
        for (const std::string& form : forms_of(words))
            if (is_like_any([&, given = split(form)](const answer& one) {
                    return a.text == one.text_with(given);
                }))
                return "the same page as for a random word";
        return {};
    }
    if (!is_between(a.text, common_start(answers), common_end(answers))) return {};
    std::string like = "like the pages for random words";
    const auto compare = [&](bool are_alike, const char* what, auto is_like) {
        if (are_alike && !is_like_any(is_like)) return false;
        if (are_alike) like.append(", ").append(what);
        return true;
    };
    const auto given = split(words);
    const bool is_like =
        compare(alike([](const answer& one) {
                    return std::pair{one.size, one.between};
                }),
                "as large",
                [&](const answer& one) { return a.bytes == one.size_with(given); }) &&
        compare(alike([](const answer& one) { return one.words; }), "with as many words",
                [&](const answer& one) { return words_in(a.text) == one.words; }) &&
        compare(alike([](const answer& one) { return one.lines; }), "with as many lines",
                [&](const answer& one) { return lines_in(a.text) == one.lines; });
    return is_like ? like : "";
}

std::string_view calibration::common_start(const std::vector<answer>& answers) {
    std::string_view start = answers.front().pieces.front();
    for (const answer& one : answers) {
        const std::string& text = one.pieces.front();
        const auto differ = std::ranges::mismatch(start, text);
        start = start.substr(0, static_cast<std::size_t>(differ.in1 - start.begin()));
    }
    while (!start.empty() && is_of_word(start.back())) // it may go on in many ways
        start.remove_suffix(1);
    return start;
}

std::string_view calibration::common_end(const std::vector<answer>& answers) {
    std::string_view end = answers.front().pieces.back();
    for (const answer& one : answers) {
        const std::string& text = one.pieces.back();
        const auto differ =
            std::mismatch(end.rbegin(), end.rend(), text.rbegin(), text.rend());
        end.remove_prefix(static_cast<std::size_t>(end.rend() - differ.first));
    }
    while (!end.empty() && is_of_word(end.front()))
        end.remove_prefix(1);
    return end;
}

std::string random_word(std::size_t size) {
    static thread_local std::mt19937 engine{std::random_device{}()};
    std::uniform_int_distribution<int> letter{'a', 'z'};
    std::string word;
    while (word.size() < size)
        word += static_cast<char>(letter(engine));
    return word;
}

} // namespace ladder::fetcher
