// The journal as a file of lines: what is whole counts, what is not does not.

#include "fetcher/journal.hpp"
#include "fetcher_program.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <system_error>
#include <vector>

using namespace ladder::fetcher;

namespace {

std::string line_of(std::uint64_t n, std::int32_t status = 200,
                    std::error_code error = {}, const std::string& url = "http://x/") {
    std::string line;
    append_record(line, {.id = n, .url = url}, {.status = status, .error = error}, 0, "");
    line.pop_back();
    return line;
}

std::vector<std::string> lines_in(const std::string& file) {
    std::vector<std::string> lines;
    for_each_line(file, [&](std::string_view line) { lines.emplace_back(line); });
    return lines;
}

} // namespace

TEST_CASE("a record says what was appended") {
    std::string line;
    append_record(line, {.id = 7, .url = "http://u:secret@x/\"\\\xff"},
                  {.status = 404,
                   .bytes = 12,
                   .error = std::make_error_code(std::errc::timed_out),
                   .sha256 = "00ff",
                   .file = "pages/0/7"},
                  3, "");
    CHECK(line.find("secret") == std::string::npos);
    const auto r = parse_record(line);
    REQUIRE(r);
    CHECK(r->n == 7);
    CHECK(r->url == "http://u:***@x/\"\\\xef\xbf\xbd");
    CHECK(r->status == 404);
    CHECK(r->bytes == 12);
    CHECK(r->sha256 == "00ff");
    CHECK(r->file == "pages/0/7");
    CHECK(r->error == "Connection timed out");
    CHECK(record_number(line_of(7)) == 7);
}

TEST_CASE("what is no whole record has no number") {
    const std::string line = line_of(17'342);
    for (std::size_t size = 0; size < line.size(); ++size)
        CHECK_FALSE(record_number(std::string_view{line}.substr(0, size)));
    for (const char* bad :
         {"{}", "{\"n\":}", "{\"n\":1}", "{\"n\":-1,\"url\":\"\"}",
          "{\"n\":99999999999999999999,\"url\":\"\"}", "[]", "{\"n\": 1}"}) {
        CHECK_FALSE(record_number(bad));
        CHECK_FALSE(parse_record(bad));
    }
    CHECK_FALSE(record_number(line.substr(0, 40) + line_of(1)));
    std::string zeros = line;
    zeros.replace(40, 5, 5, '\0');
    CHECK_FALSE(record_number(zeros));
    const std::string url = "http://x/{\"n\":1,\"url\":\"";
    CHECK(record_number(line_of(2, 200, {}, url)) == 2);
}

TEST_CASE("a record is JSON, whichever byte of it is another one") {
    const auto refused = std::make_error_code(std::errc::connection_refused);
    for (const std::string& line :
         {line_of(17'342), line_of(1, 0, refused), line_of(2, 200, {}, "http://x/\"")}) {
        const auto good = parse_record(line);
        REQUIRE(good);
        for (std::size_t i = 0; i < line.size(); ++i)
            for (const char c : std::string_view{"\0\"\\{},:x\x80", 9}) {
                std::string other = line;
                other[i] = c;
                boost::system::error_code error;
                boost::json::parse(other, error);
                INFO(other);
                if (parse_record(other)) CHECK_FALSE(error);
            }
    }
}

TEST_CASE("what failed, or was refused for now, is worth asking again") {
    using std::errc;
    CHECK_FALSE(worth_asking_again(line_of(1)));
    CHECK_FALSE(worth_asking_again(line_of(1, 404)));
    CHECK(worth_asking_again(line_of(1, 503)));
    CHECK(worth_asking_again(line_of(1, 429)));
    CHECK(worth_asking_again(line_of(1, 0, std::make_error_code(errc::timed_out))));
    // A URL that looks like the end of a record is only a URL.
    CHECK_FALSE(worth_asking_again(
        line_of(1, 200, {}, "http://x/\",\"status\":503,\"error\":\"x")));
}

TEST_CASE("lines are whole, wherever the file was cut") {
    const test::scratch_folder folder;
    const std::string file = folder / "r";
    CHECK(for_each_line(file, [](std::string_view) { FAIL("of no file"); }) == 0);
    const std::string text = line_of(1) + '\n' + line_of(2) + "\n\n" + line_of(3) + '\n';
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const std::string cut = text.substr(0, size);
        test::write_file(file, cut);
        const std::size_t whole = cut.rfind('\n') + 1; // npos + 1 is 0
        std::string seen;
        CHECK(for_each_line(file, [&](std::string_view line) {
                  seen += std::string{line} + '\n';
              }) == whole);
        CHECK(seen == cut.substr(0, whole));
    }
}

TEST_CASE("lines may be longer than what is read at once") {
    const test::scratch_folder folder;
    const std::string lengthy(1'000'000, 'x');
    test::write_file(folder / "r", "a\n" + lengthy + "\nb\n");
    CHECK(lines_in(folder / "r") == std::vector<std::string>{"a", lengthy, "b"});
}

TEST_CASE("a journal is cleaned at once or not at all") {
    const test::scratch_folder folder;
    const std::string file = folder / "r";
    test::write_file(file, "a\nb\na\nunfinished");
    keep_lines(file, [](std::string_view line) { return line != "b"; });
    CHECK(test::read_file(file) == "a\na\n");
    const auto broken = [&] {
        keep_lines(file, [](std::string_view) -> bool { throw 42; });
    };
    CHECK_THROWS_AS(broken(), int);
    CHECK(test::read_file(file) == "a\na\n");
    CHECK(test::files_below(folder / "").size() == 1);
}
