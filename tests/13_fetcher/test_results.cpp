// In one thread: ThreadSanitizer has nothing to say here.

#include "fetcher/journal.hpp"
#include "fetcher/results_file.hpp"
#include "fetcher_program.hpp"
#include "workbench/http_exchange.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <string>
#include <system_error>

using namespace ladder::fetcher;
using namespace std::chrono_literals;

namespace {

std::string record_of(const task& t, const outcome& o = {},
                      std::optional<std::size_t> worker = 0,
                      const std::string& error = "") {
    std::string line;
    append_record(line, t, o, worker, error);
    return line;
}

/// What `url` looks like in a result line.
std::string url_in_results(const std::string& url) {
    return test::parse_results(record_of({.url = url})).at(0).url;
}

} // namespace

TEST_CASE("a result is one line of JSON") {
    const test::scratch_folder folder;
    results_file results{folder / "r"};
    results.add(record_of({.id = 5, .url = "http://x/"},
                          {.id = 5,
                           .status = 200,
                           .bytes = 12,
                           .attempts = 1,
                           .elapsed = 1'002'003us,
                           .sha256 = "00ff",
                           .file = "pages/0/5"},
                          3));
    results.add(record_of({.id = 6, .url = "http://y/"},
                          {.error = ladder::http_error::bad_url}, {}));
    results.add(record_of({.id = 8, .url = "http://z/"}, {}, {}, "given up"));
    CHECK(test::read_file(folder / "r") == "");
    results.flush();
    CHECK(test::read_file(folder / "r") ==
          R"({"n":5,"url":"http://x/","status":200,"bytes":12,"sha256":"00ff",)"
          R"("file":"pages/0/5",)"
          R"("error":null,"attempts":1,"elapsed_ms":1002.003,"worker":3})"
          "\n"
          R"({"n":6,"url":"http://y/","status":0,"bytes":0,"sha256":null,"file":null,)"
          R"("error":"not a valid absolute URL","attempts":0,"elapsed_ms":0.000,)"
          R"("worker":null})"
          "\n"
          R"({"n":8,"url":"http://z/","status":0,"bytes":0,"sha256":null,"file":null,)"
          R"("error":"given up","attempts":0,"elapsed_ms":0.000,"worker":null})"
          "\n");
}

TEST_CASE("a URL in a result is the URL of the list") {
    for (const std::string& url :
         {std::string{"http://x/?a=1&b=\"2\"\\"}, std::string{"a\tb\x01\x1f\x7f"},
          std::string{"\0", 1},
          std::string{"http://x/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
          std::string{"\xee\x80\x80\xf4\x8f\xbf\xbf\xed\x9f\xbf"}})
        CHECK(url_in_results(url) == url);
}

TEST_CASE("what is no UTF-8 becomes a replacement character") {
    const std::string replaced = "\xef\xbf\xbd";
    CHECK(url_in_results("a\xff"
                         "b") == "a" + replaced + "b");
    CHECK(url_in_results("\xc3") == replaced);                       // cut off
    CHECK(url_in_results("\xc0\x80") == replaced + replaced);        // overlong
    CHECK(url_in_results("\xed\xa0\x80").starts_with(replaced));     // a surrogate
    CHECK(url_in_results("\xf4\x90\x80\x80").starts_with(replaced)); // too high
    CHECK(url_in_results("\xe2\x82x") == replaced + replaced + "x");
}

TEST_CASE("results are written block by block") {
    const test::scratch_folder folder;
    results_file results{folder / "r"};
    for (int i = 0; i < 2000; ++i)
        results.add(record_of({.url = "http://x/"}));
    CHECK(test::parse_results(test::read_file(folder / "r")).size() > 100);
}

TEST_CASE("a disk that is full is an error, once") {
    results_file results{"/dev/full"};
    results.add(record_of({.url = "http://x/"}));
    CHECK_THROWS_AS(results.flush(), std::system_error);
    CHECK(results.failed());
    CHECK_NOTHROW(results.flush());
    for (int i = 0; i < 2000; ++i)
        CHECK_NOTHROW(results.add(record_of({.url = "http://x/"})));
}

TEST_CASE("a file that cannot be made is an error") {
    CHECK_THROWS_AS(results_file{"/no/such/folder/r"}, std::system_error);
    CHECK_THROWS_AS(results_file{"/"}, std::system_error);
}
