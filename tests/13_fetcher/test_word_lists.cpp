// Words become URLs, and of their pages some are looked for.

#include "fetcher/answer_match.hpp"
#include "fetcher/calibration.hpp"
#include "fetcher/word_lists.hpp"
#include "fetcher_program.hpp"
#include "job_program.hpp"
#include "raw_server.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace ladder::fetcher::test;
using namespace ladder::fetcher;
using ladder::raw_server;
using strings = std::vector<std::string>;

namespace {

strings combined(std::string_view url_template, const strings& first,
                 const std::vector<strings>& others, bool in_step) {
    const scratch_folder folder;
    strings files;
    for (const strings& list : others) {
        files.push_back(folder / fmt::format("{}", files.size()));
        write_file(files.back(), fmt::format("# words\n{}\n", fmt::join(list, "\n")));
    }
    word_combinations all{files, in_step};
    strings urls;
    CHECK_FALSE(all.next());
    for (const std::string& word : first) {
        all.begin(word);
        while (const auto words = all.next())
            urls.push_back(filled_in(url_template, *words));
    }
    CHECK(all.count(first.size()) == urls.size());
    return urls;
}

std::string target_of(std::string_view head) {
    head.remove_prefix(head.find(' ') + 1);
    return std::string{head.substr(0, head.find(' '))};
}

raw_server::answer answer_of(int status, std::string_view body) {
    return {fmt::format("HTTP/1.1 {} x\r\nContent-Length: {}\r\n\r\n{}", status,
                        body.size(), body)};
}

strings lines_of(const std::string& text) {
    strings lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    std::ranges::sort(lines);
    return lines;
}

/// What a server that has a page for every word answers to 60 of them and to random ones,
/// of which it has these: are they found, and nothing else?
void check_finds_planted(const raw_server& server, const strings& planted) {
    const scratch_folder folder;
    std::string words = fmt::format("{}\n", fmt::join(planted, "\n"));
    for (int i = 0; i < 60; ++i)
        words += fmt::format("word{}\n", i * i);
    write_file(folder / "words", words);
    const auto ended = run({"--template", server.url("/{}"), "-i", folder / "words",
                            "--calibrate", "-q", "--results", folder / "results"});
    CHECK(ended.status == 0);
    strings expected;
    for (const std::string& word : planted)
        expected.push_back(server.url("/" + word));
    std::ranges::sort(expected);
    CHECK(lines_of(ended.out) == expected);
    const auto results = read_file(folder / "results");
    CHECK(count_lines(results) == planted.size() + 60);
    CHECK(results.find(R"("match":false,"why":")") != std::string::npos);
}

} // namespace

TEST_CASE("words go where the template says: each with each, or in step") {
    CHECK(combined("http://{}/", {"a", "b"}, {}, false) ==
          strings{"http://a/", "http://b/"});
    CHECK(combined("http://{}/{}", {"a", "b"}, {}, false) ==
          strings{"http://a/a", "http://b/b"});
    CHECK(combined("http://{}/{}", {"a", "b"}, {{"1", "2", "3"}}, false) ==
          strings{"http://a/1", "http://a/2", "http://a/3", "http://b/1", "http://b/2",
                  "http://b/3"});
    CHECK(combined("{}{}{}", {"a", "b"}, {{"1", "2"}, {"x", "y"}}, false) ==
          strings{"a1x", "a1y", "a2x", "a2y", "b1x", "b1y", "b2x", "b2y"});
    CHECK(combined("{}{}", {"a", "b", "c"}, {{"1", "2"}}, true) == strings{"a1", "b2"});
    CHECK(combined("{}{}", {"a", "b"}, {{}}, false).empty());
    CHECK(combined("{}{}", {"a", "b"}, {{}}, true).empty());
    CHECK(combined("{}-{}", {"{}", "b\tc"}, {{"1"}}, false) == strings{"{}-1", "b-1"});
}

TEST_CASE("statuses, sizes and texts say which pages are looked for") {
    const auto mismatch = [](const match_settings& m, int status, std::uint64_t bytes,
                             std::string_view body) {
        return answer_match{m}.mismatch(status, bytes, body);
    };
    CHECK(mismatch({.status = "200,301-308"}, 200, 0, "") == "");
    CHECK(mismatch({.status = "200,301-308"}, 308, 0, "") == "");
    CHECK(mismatch({.status = "200,301-308"}, 309, 0, "") == "status 309");
    CHECK(mismatch({.status = " 200, 301-308 "}, 301, 0, "") == "");
    CHECK(mismatch({.size = "-5,100-"}, 200, 5, "") == "");
    CHECK(mismatch({.size = "-5,100-"}, 200, 6, "") == "6 bytes");
    CHECK(mismatch({.size = "-5,100-"}, 200, 1000, "") == "");
    CHECK(mismatch({.body = "re:^a.c$"}, 200, 0, "x\nabc\ny") == "");
    CHECK(mismatch({.body = "re:^a.c$"}, 200, 0, "abcd") != "");
    CHECK(mismatch({.body = "a.c"}, 200, 0, "abc") != "");
    CHECK(mismatch({.not_body = "does not exist"}, 200, 0, "it does not exist") != "");
    CHECK(mismatch({.not_body = "re:(?i)NOT"}, 200, 0, "does not exist") != "");
    CHECK(mismatch({.not_body = "does not exist"}, 200, 0, "it does") == "");
    // What would take for ever is given up.
    CHECK(mismatch({.body = "re:(a+)+$"}, 200, 0, std::string(200, 'a') + "b") != "");
    for (const char* wrong : {"x", "1-x", "5-3", "-", ","})
        CHECK_THROWS_AS(number_ranges{wrong}, std::invalid_argument);
    CHECK_THROWS_AS(text_pattern{"re:("}, std::invalid_argument);
}

TEST_CASE("a server that has a page for every word is seen through") {
    const strings planted{"a", "admin", "word", "w"};
    const auto is_planted = [&](std::string_view target) {
        return std::ranges::find(planted, target.substr(1)) != planted.end();
    };
    SECTION("with the same page") {
        const raw_server server{[&](std::string_view head, int) {
            return answer_of(200, is_planted(target_of(head)) ? "it is" : "no no");
        }};
        check_finds_planted(server, planted);
    }
    SECTION("with a page that repeats the word") {
        const raw_server server{[&](std::string_view head, int) {
            const std::string target = target_of(head);
            return answer_of(200, is_planted(target) ? "<a>a real one</a>"
                                                     : fmt::format("<a>no {} at {}</a>",
                                                                   target, target));
        }};
        check_finds_planted(server, planted);
    }
    SECTION("with a page that is another one each time, of the same size") {
        std::atomic<int> asked = 100'000;
        const raw_server server{[&](std::string_view head, int) {
            const std::string target = target_of(head);
            return answer_of(200, is_planted(target)
                                      ? "the real one"
                                      : fmt::format("no {} {}", target, ++asked));
        }};
        check_finds_planted(server, planted);
    }
    SECTION("with pages of other sizes and as many words") {
        std::atomic<int> asked = 0;
        const raw_server server{[&](std::string_view head, int) {
            const std::string target = target_of(head);
            const auto length = static_cast<std::size_t>(asked += 7) % 90;
            return answer_of(200, is_planted(target)
                                      ? "what is looked for"
                                      : "no " + std::string(length + 1, 'x'));
        }};
        check_finds_planted(server, planted);
    }
    SECTION("with two pages by turns") {
        std::atomic<int> asked = 0;
        const raw_server server{[&](std::string_view head, int) {
            const bool even = ++asked % 2 == 0;
            return answer_of(200, is_planted(target_of(head)) ? "it"
                                  : even                      ? "a page of one kind"
                                                              : "another page");
        }};
        check_finds_planted(server, planted);
    }
    SECTION("with a redirect that tells the word") {
        const raw_server server{[&](std::string_view head, int) -> raw_server::answer {
            const std::string target = target_of(head);
            if (is_planted(target)) return answer_of(200, "");
            if (target.starts_with("/login")) return answer_of(200, "log in");
            return {fmt::format("HTTP/1.1 302 x\r\nLocation: /login?to={}\r\n"
                                "Content-Length: 0\r\n\r\n",
                                target)};
        }};
        check_finds_planted(server, planted);
    }
}

TEST_CASE("what changes with the host is learned for each host") {
    std::atomic<int> random_words = 0;
    const raw_server server{[&](std::string_view head, int) {
        const std::string target = target_of(head);
        const bool is_first = target.starts_with("/one/");
        if (target.size() > std::string_view{"/one/page99"}.size()) ++random_words;
        if (target == "/one/page7" || target == "/two/page8")
            return answer_of(200, "it is");
        return answer_of(is_first ? 200 : 403, is_first ? "nothing" : "forbidden");
    }};
    const scratch_folder folder;
    std::string pages;
    for (int i = 0; i < 20; ++i)
        pages += fmt::format("page{}\n", i);
    write_file(folder / "sites", "one\ntwo\n");
    write_file(folder / "pages", pages);
    const auto ended = run({"--template", server.url("/{}/{}"), "-i", folder / "sites",
                            "-i", folder / "pages", "--calibrate", "-q", "-p", "1"});
    CHECK(ended.status == 0);
    CHECK(lines_of(ended.out) ==
          strings{server.url("/one/page7"), server.url("/two/page8")});
    CHECK(random_words == 2 * calibration::few);
}

TEST_CASE("a job of words goes on, is proved, and knows its words") {
    const raw_server server{[](std::string_view head, int) {
        const std::string target = target_of(head);
        return answer_of(200, target.ends_with("7") ? "it is" : "no: " + target);
    }};
    const job_folder job;
    std::string words = "caf\xe9\n# no word\n"; // not in UTF-8
    for (int i = 0; i < 40; ++i)
        words += fmt::format("{}\n", i);
    job.list(words);
    const strings options{"--template", server.url("/{}"), "--calibrate", "-q"};
    CHECK(job.begin(options, "worker: page renamed@2 all").status == 128 + SIGKILL);
    const auto resumed = job.resume({"-q"});
    CHECK(resumed.status == 0);
    CHECK(resumed.err == "");
    CHECK(job.verified());
    const auto results = read_file(job.results());
    CHECK(count_lines(results) == 41);
    std::size_t matches = 0;
    for (const std::string& line : lines_of(results))
        matches += line.find("\"match\":true") != std::string::npos ? 1 : 0;
    CHECK(matches == 4);
    CHECK(files_below(job / "pages").size() == 4); // the others are not saved
    CHECK(job.resume({"-q", "--match-status", "200"}).status == 2);
    CHECK(job.resume({"-q", "-i", job.list()}).status == 0); // it is still that list
}

TEST_CASE("matches are printed, and the rest is in the results") {
    const ladder::slow_server server;
    const scratch_folder folder;
    write_file(folder / "list", server.url("/page/1\n") + server.url("/status/404\n"));
    const auto ended = run({"-i", folder / "list", "--match-status", "404"});
    CHECK(ended.out == server.url("/status/404\n"));
    const auto both = run({"-i", folder / "list", "--match-status", "404", "-q",
                           "--match-body", "no such text", "--results", "-"});
    CHECK(count_lines(both.out) == 2);
    CHECK(both.out.find(R"("match":false,"why":"status 200")") != std::string::npos);
    CHECK(both.out.find(R"("why":"not the text that is looked for")") !=
          std::string::npos);
}

TEST_CASE("what makes no sense about words is wrong usage") {
    const scratch_folder folder;
    write_file(folder / "w", "a\n");
    const std::string w = folder / "w";
    for (const strings& wrong :
         std::vector<strings>{{"--template", "http://x/", "-i", w},
                              {"--template", "http://{}/"},
                              {"--template", "http://{}/", "http://x/", "-i", w},
                              {"--template", "http://{}/", "-i", w, "-i", w},
                              {"--template", "no url {}", "-i", w},
                              {"-i", w, "-i", w},
                              {"-i", w, "--calibrate"},
                              {"-i", w, "--in-step"},
                              {"-i", w, "--match-status", "2xx"},
                              {"-i", w, "--match-body", "re:["}}) {
        const auto ended = run(wrong);
        INFO(fmt::format("{}", fmt::join(wrong, " ")));
        CHECK(ended.status == 2);
        CHECK(count_lines(ended.err) == 1);
    }
}
