// In one thread: ThreadSanitizer has nothing to say here.

// Who waits for random words, which of them are asked for, and who is told. Without I/O.
// What a wrong policy would do is in random_words_wrong.

#include "fetcher/random_words.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

using namespace ladder::fetcher;

namespace {

using ids = std::vector<std::uint64_t>;

constexpr std::size_t few = calibration::few;
constexpr std::size_t many = calibration::many;

task url(std::uint64_t id, const std::string& words) {
    return {.id = id, .url = "http://x/" + words, .words = words};
}

ids ids_of(const std::vector<task>& tasks) {
    ids all;
    for (const task& t : tasks) {
        CHECK_FALSE(t.random);
        all.push_back(t.id);
    }
    return all;
}

/// All of them are answered; the last answer's consequence. Empty: no answer.
std::vector<task> answer_all(random_words& words, const std::vector<task>& asked,
                             const std::optional<std::string>& text,
                             bool counted = false) {
    std::vector<task> next;
    std::size_t number = 0;
    for (const task& t : asked) {
        CHECK(t.random);
        CHECK(next.empty());
        random_answer said;
        if (text) said = {200, 1, *text};
        if (counted) said.text += std::to_string(number++);
        next = words.answered(t, said);
    }
    return next;
}

} // namespace

TEST_CASE("URLs wait until the random words of their place have an end") {
    random_words words{"http://x/{}", false};
    const auto asked = words.add(url(1, "a"));
    REQUIRE(asked.size() == few);
    for (const task& t : asked) {
        CHECK(t.url == "http://x/" + t.words);
        CHECK(t.words.size() >= 8);
    }
    CHECK(words.add(url(2, "b")).empty());
    CHECK(words.to_tell().empty());
    CHECK(ids_of(answer_all(words, asked, "no")) == ids{1, 2});
    CHECK(words.to_tell().size() == few);
    CHECK(words.to_tell().empty());
    CHECK(ids_of(words.add(url(3, "c"))) == ids{3});
}

TEST_CASE("more random words are asked for when their answers differ") {
    random_words words{"http://x/{}", false};
    const auto more = answer_all(words, words.add(url(1, "a")), "no", true);
    CHECK(more.size() == many - few);
    CHECK(ids_of(answer_all(words, more, "no", true)) == ids{1});
    CHECK(words.to_tell().size() == many);
}

TEST_CASE("random words without an answer hold nobody up") {
    random_words words{"http://x/{}", false};
    CHECK(ids_of(answer_all(words, words.add(url(1, "a")), {})) == ids{1});
    CHECK(words.to_tell().empty());
}

TEST_CASE("each place has random words of its own, in step there is one") {
    random_words words{"http://{}/{}", false};
    const auto first = words.add(url(1, "one\ta"));
    const auto second = words.add(url(2, "two\ta"));
    REQUIRE(first.size() == few);
    REQUIRE(second.size() == few);
    CHECK(first[0].url.starts_with("http://one/"));
    CHECK(second[0].url.starts_with("http://two/"));
    CHECK(ids_of(answer_all(words, second, "no")) == ids{2});
    CHECK(ids_of(answer_all(words, first, "no")) == ids{1});

    random_words in_step{"http://{}/{}", true};
    CHECK(in_step.add(url(1, "one\ta")).size() == few);
    CHECK(in_step.add(url(2, "two\tb")).empty());
}

TEST_CASE("who comes later is told all that is known, and no more") {
    random_words words{"http://{}/{}", false};
    answer_all(words, words.add(url(1, "one\ta")), "no");
    words.add(url(2, "two\ta"));
    const auto told = words.everything_known();
    REQUIRE(told.size() == few);
    for (const task& t : told) {
        CHECK(t.words.starts_with("one\t"));
        CHECK(t.learnt->text == "no");
    }
}

TEST_CASE("what no URL on its way needs is forgotten, the oldest first") {
    random_words words{"http://{}/{}", false};
    const std::string large(1 << 20, 'x');
    constexpr std::size_t places = random_words::most_bytes / (1 << 20) / few;
    const auto learn = [&](std::uint64_t n) {
        const std::string w = std::to_string(n) + "\ta";
        CHECK(ids_of(answer_all(words, words.add(url(n, w)), large)) == ids{n});
    };
    for (std::uint64_t n = 0; n < places; ++n)
        learn(n);
    for (std::uint64_t n = 1; n < places; ++n)
        words.ended(url(n, std::to_string(n) + "\ta")); // 0 is on its way
    words.to_tell();
    learn(places);
    std::vector<std::string> forgotten;
    for (const task& t : words.to_tell())
        if (t.learnt->status == 0) forgotten.push_back(t.words);
    CHECK(forgotten == std::vector<std::string>{"1\t"});
    CHECK(ids_of(words.add(url(500, "0\tb"))) == ids{500});
    CHECK(words.add(url(501, "1\tb")).size() == few);
}

TEST_CASE("only so many URLs are held") {
    random_words words{"http://x/{}", false};
    std::vector<task> asked = words.add(url(0, "a"));
    for (std::uint64_t n = 1; n < random_words::most_held; ++n) {
        CHECK(words.wants_more());
        words.add(url(n, "a"));
    }
    CHECK_FALSE(words.wants_more());
    CHECK(answer_all(words, asked, "no").size() == random_words::most_held);
    CHECK(words.wants_more());
}
