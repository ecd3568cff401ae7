#include "fetcher/list_lines.hpp"
#include "fetcher/url_list.hpp"
#include "fetcher_program.hpp"
#include "fibers_on_asio/event_loop.hpp"

#include <boost/fiber/fiber.hpp>
#include <catch2/catch_test_macros.hpp>

#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>

using namespace ladder::fetcher;
using boost::fibers::fiber;
using ladder::fibers_on_asio::event_loop;
using strings = std::vector<std::string>;

namespace {

strings all_of(url_list& list) {
    strings urls;
    while (auto url = list.next())
        urls.push_back(std::move(url->url));
    return urls;
}

/// Puts something else in place of standard input for a while.
class standard_input {
public:
    explicit standard_input(int replacement) : before_(::dup(STDIN_FILENO)) {
        ::dup2(replacement, STDIN_FILENO);
    }

    ~standard_input() {
        ::dup2(before_, STDIN_FILENO);
        ::close(before_);
    }

    standard_input(const standard_input&) = delete;
    standard_input& operator=(const standard_input&) = delete;

private:
    int before_;
};

} // namespace

TEST_CASE("lines of a file come after the arguments") {
    const test::scratch_folder folder;
    test::write_file(folder / "list", "c\r\n\n\r\nd\ne without an end");
    event_loop loop;
    url_list list{loop.context(), {"a", "b"}, folder / "list"};
    CHECK(list.size() == 5);
    CHECK(all_of(list) == strings{"a", "b", "c", "d", "e without an end"});
    CHECK_FALSE(list.next());
}

TEST_CASE("a list is read whatever program wrote it, and however it is cut") {
    using namespace std::string_literals;
    const auto wide = [](std::u16string_view text, bool low_first) {
        std::string bytes;
        for (const char16_t c : text)
            for (const bool low : {low_first, !low_first})
                bytes += static_cast<char>(low ? c & 0xff : c >> 8);
        return bytes;
    };
    struct row {
        std::string list;
        strings entries;
        std::uint64_t last_number;
    };
    const std::u16string_view both = u"\ufeffa\r\n\n\u00e4\n";
    for (const auto& [list, entries, last_number] : std::vector<row>{
             {"a\rb\r\rc", {"a", "b", "c"}, 4},
             {"a\r\n\r\nb\n\rc\r\n", {"a", "b", "c"}, 5},
             {"\xc2\xa0"
              "a\xe2\x80\x8b\n\xe3\x80\x80 b\xc2\x85\xe2\x80\x8e",
              {"a", "b"},
              2},
             {"a\xef\xbb\xbf\n\xe2\x81\xa0\xef\xbb\xbf#c\nb\0\0\n\x1a"s, {"a", "b"}, 4},
             {"\xc3\xa0\n\xe2\x80\xb0\n", {"\xc3\xa0", "\xe2\x80\xb0"}, 2},
             {wide(both, true), {"a", "\xc3\xa4"}, 3},
             {wide(both, false), {"a", "\xc3\xa4"}, 3},
             {"x\n" + wide(u"\ufeff\u0a0d\ra", true), {"x", "\xe0\xa8\x8d", "a"}, 3},
             {wide(u"\ufeffab", true) + "c", {"ab"}, 1},
             {"\xff\xfe", {}, 0},
             {"\xff", {"\xff"}, 1},
         }) {
        INFO(list);
        for (std::size_t size = 1; size <= list.size(); ++size) {
            list_lines lines;
            strings read;
            const auto take = [&] {
                while (const auto line = lines.next())
                    read.emplace_back(*line);
            };
            for (std::size_t i = 0; i < list.size(); i += size, take())
                lines.append(std::string_view{list}.substr(i, size));
            lines.end();
            take();
            CHECK(read == entries);
            CHECK(lines.number() == last_number);
        }
    }
}

TEST_CASE("lines are whole up to a byte, wherever a list was cut") {
    using namespace std::string_literals;
    const auto read = [](std::string_view bytes, bool to_its_end) {
        list_lines lines;
        lines.append(bytes);
        if (to_its_end) lines.end();
        strings found;
        while (const auto line = lines.next())
            found.emplace_back(*line);
        return std::pair{found, lines.whole_bytes()};
    };
    for (const std::string& list : {"a\nb\n\nc"s, "a\rb\r\rc\r"s, "a\r\n\r\n#b\r\nc\r\n"s,
                                    "\xff\xfe"
                                    "a\0\n\0b\0\r\0\n\0c\0\n\0"s,
                                    "\xfe\xff\0a\0\n\0b\0\r\0c"s})
        for (std::size_t cut = 0; cut <= list.size(); ++cut) {
            const auto bytes = std::string_view{list}.substr(0, cut);
            const auto [lines, whole] = read(bytes, false);
            INFO(list << " cut at " << cut);
            REQUIRE(whole <= cut);
            CHECK(read(bytes.substr(0, whole), true).first == lines);
        }
    list_lines longer; // than what is kept of a line
    for (int i = 0; i < 5; ++i) {
        longer.append(std::string(100'000, 'x'));
        CHECK_FALSE(longer.next());
    }
    CHECK(longer.whole_bytes() == 0);
    longer.append("\nab");
    CHECK(longer.next());
    CHECK(longer.whole_bytes() == 500'001);
}

TEST_CASE("of a line in UTF-16, too, only the beginning is kept") {
    list_lines lines;
    lines.append("\xff\xfex"); // and so the blocks end between two bytes
    for (int i = 0; i < 100; ++i) {
        std::string block;
        for (int k = 0; k < 5000; ++k)
            block += std::string{"\0x", 2};
        lines.append(block);
        CHECK_FALSE(lines.next());
    }
    lines.append(std::string{"\0\n\0y\0", 5});
    lines.end();
    REQUIRE(lines.next());
    CHECK(lines.next() == "y");
    CHECK_FALSE(lines.next());
}

TEST_CASE("a list without a file is the arguments") {
    event_loop loop;
    url_list list{loop.context(), {"a"}, ""};
    CHECK(list.size() == 1);
    CHECK(all_of(list) == strings{"a"});
}

TEST_CASE("lines longer than a block arrive whole") {
    const test::scratch_folder folder;
    const std::string lengthy(60'000, 'x');
    test::write_file(folder / "list", "a\n" + lengthy + '\n' + lengthy + "\nb\n");
    event_loop loop;
    url_list list{loop.context(), {}, folder / "list"};
    CHECK(all_of(list) == strings{"a", lengthy, lengthy, "b"});
}

TEST_CASE("of a line that is too long to be a URL only the beginning is kept") {
    const test::scratch_folder folder;
    test::write_file(folder / "list", "a\n" + std::string(10'000'000, 'x') + "\nb\n");
    event_loop loop;
    url_list list{loop.context(), {}, folder / "list"};
    CHECK(list.next()->url == "a");
    const auto lengthy = list.next();
    REQUIRE(lengthy);
    CHECK(lengthy->url.size() > (64 << 10));
    CHECK(lengthy->url.size() < (1 << 20));
    CHECK(list.next()->url == "b");
    CHECK_FALSE(list.next());
}

TEST_CASE("a pipe gives lines as they come, and others run meanwhile") {
    test::pipe_ends ends;
    const standard_input in{ends.read};
    event_loop loop;
    url_list list{loop.context(), {}, "-"};
    CHECK_FALSE(list.size());
    strings got;
    fiber reader{[&] { got = all_of(list); }};
    fiber writer{[&] {
        CHECK(::write(ends.write, "a\nb", 3) == 3);
        for (int i = 0; i < 10; ++i)
            boost::this_fiber::yield();
        CHECK(::write(ends.write, "c\nd", 3) == 3);
        test::pipe_ends::close(ends.write);
    }};
    writer.join();
    reader.join();
    CHECK(got == strings{"a", "bc", "d"});
}

TEST_CASE("to close the list ends a read that waits for a quiet pipe") {
    const test::pipe_ends ends;
    const standard_input in{ends.read};
    event_loop loop;
    url_list list{loop.context(), {}, "-"};
    bool waited = false;
    fiber reader{[&] {
        waited = true;
        CHECK_FALSE(list.next());
    }};
    while (!waited)
        boost::this_fiber::yield();
    list.close();
    reader.join();
    CHECK_FALSE(list.next());
}

TEST_CASE("after close there is nothing, whatever has been read") {
    const test::scratch_folder folder;
    test::write_file(folder / "list", "a\nb\nc\n");
    event_loop loop;
    url_list list{loop.context(), {}, folder / "list"};
    CHECK(list.next()->url == "a");
    list.close();
    CHECK_FALSE(list.next());
}

TEST_CASE("standard input stays blocking for those who share it") {
    test::pipe_ends ends;
    const standard_input in{ends.read};
    event_loop loop;
    url_list list{loop.context(), {}, "-"};
    fiber reader{[&] { all_of(list); }};
    fiber observer{[&] { // runs while the reader waits
        boost::this_fiber::yield();
        CHECK((::fcntl(ends.read, F_GETFL) & O_NONBLOCK) == 0);
        test::pipe_ends::close(ends.write);
    }};
    observer.join();
    reader.join();
    CHECK((::fcntl(ends.read, F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("a pipe that somebody made non-blocking is no error") {
    test::pipe_ends ends;
    ::fcntl(ends.read, F_SETFL, O_NONBLOCK);
    const standard_input in{ends.read};
    event_loop loop;
    url_list list{loop.context(), {}, "-"};
    strings got;
    fiber reader{[&] { got = all_of(list); }};
    fiber writer{[&] {
        boost::this_fiber::yield();
        CHECK(::write(ends.write, "a\n", 2) == 2);
        test::pipe_ends::close(ends.write);
    }};
    writer.join();
    reader.join();
    CHECK(got == strings{"a"});
}

TEST_CASE("a file on standard input is read from where it stands") {
    const test::scratch_folder folder;
    test::write_file(folder / "list", "skipped\na\nb\n");
    const int file = ::open((folder / "list").c_str(), O_RDONLY | O_CLOEXEC);
    ::lseek(file, 8, SEEK_SET);
    const standard_input in{file};
    ::close(file);
    event_loop loop;
    url_list list{loop.context(), {}, "-"};
    CHECK(list.size() == 2);
    CHECK(all_of(list) == strings{"a", "b"});
}

TEST_CASE("/dev/null is an empty list") {
    event_loop loop;
    url_list list{loop.context(), {}, "/dev/null"};
    CHECK(all_of(list).empty());
}

TEST_CASE("a list that cannot be read is an error") {
    event_loop loop;
    CHECK_THROWS_AS((url_list{loop.context(), {}, "/no/such/list"}), std::system_error);
    CHECK_THROWS_AS((url_list{loop.context(), {}, "/"}), std::system_error);
}
