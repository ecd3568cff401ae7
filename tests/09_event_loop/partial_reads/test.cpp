// Checks a reader of lines: the test sends the pieces, and calls it when epoll would.

#include "line_reader.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

using ladder::line_reader;
using state = line_reader::state;
using lines = std::vector<std::string>;

namespace {

/// For a check that fails: its name, and not its number.
std::string named(state s) {
    constexpr std::array names{"open", "ended", "failed"};
    return names.at(static_cast<std::size_t>(s));
}

/// A socket whose other side is the test, watched as a loop would: edge-triggered.
class connection {
public:
    connection() {
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                             ends_.data()) == 0);
        epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
        epoll_event event{.events = EPOLLIN | EPOLLET, .data = {}};
        REQUIRE(::epoll_ctl(epoll_, EPOLL_CTL_ADD, ends_[0], &event) == 0);
        reader = std::make_unique<line_reader>(
            ends_[0], [this](const std::string& line) { got.push_back(line); });
    }

    ~connection() {
        ::close(epoll_);
        ::close(ends_[0]);
        end();
    }

    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    void send(const std::string& bytes) const {
        REQUIRE(::send(ends_[1], bytes.data(), bytes.size(), 0) ==
                static_cast<ssize_t>(bytes.size()));
    }

    void end() {
        if (ends_[1] >= 0) ::close(ends_[1]);
        ends_[1] = -1;
    }

    /// Calls the reader if epoll reports the socket; says whether it did.
    bool loop() {
        epoll_event event{};
        if (::epoll_wait(epoll_, &event, 1, 0) != 1) return false;
        last = reader->on_readable();
        return true;
    }

    int left_in_socket() const {
        int left = 0;
        ::ioctl(ends_[0], FIONREAD, &left);
        return left;
    }

    int ours() const { return ends_[0]; }

    std::unique_ptr<line_reader> reader;
    lines got;
    state last = state::open;

private:
    std::array<int, 2> ends_{-1, -1};
    int epoll_ = -1;
};

} // namespace

TEST_CASE("a line that arrives whole comes out once") {
    connection c;
    c.send("hello\n");
    CHECK(c.loop());
    CHECK(c.got == lines{"hello"});
    CHECK(named(c.last) == "open");
    CHECK_FALSE(c.loop());
    CHECK(c.got == lines{"hello"});
}

TEST_CASE("half a line waits for the other half") {
    connection c;
    c.send("hel");
    c.loop();
    CHECK(c.got.empty());
    CHECK(named(c.last) == "open");
    c.send("lo");
    c.loop();
    CHECK(c.got.empty());
    c.send("\n");
    c.loop();
    CHECK(c.got == lines{"hello"});
}

TEST_CASE("two and a half lines are two lines, and then the rest") {
    connection c;
    c.send("a\nb\nc");
    c.loop();
    CHECK(c.got == lines{"a", "b"});
    c.send("d\ne\n");
    c.loop();
    CHECK(c.got == lines{"a", "b", "cd", "e"});
}

TEST_CASE("an empty line is a line") {
    connection c;
    c.send("\n\na\n\n");
    c.loop();
    CHECK(c.got == lines{"", "", "a", ""});
}

TEST_CASE("nothing to read is neither an error nor the end") {
    connection c;
    CHECK(named(c.reader->on_readable()) == "open");
    CHECK_FALSE(c.reader->error());
    c.send("a\n");
    c.loop();
    CHECK(c.got == lines{"a"});
}

TEST_CASE("all that is there is taken: an edge comes only once") {
    connection c;
    const std::string a(5'000, 'a'), b(20'000, 'b');
    c.send(a + '\n' + b + "\nc\n");
    REQUIRE(c.loop());
    INFO("why: nothing new arrives, so epoll does not report the socket again, and what "
         "was left in it stays there");
    CHECK(c.left_in_socket() == 0);
    CHECK_FALSE(c.loop());
    REQUIRE(c.got.size() == 3);
    CHECK((c.got[0] == a && c.got[1] == b && c.got[2] == "c"));
}

TEST_CASE("exactly as much as fits is not the end") {
    connection c;
    c.send(std::string(4'095, 'x') + '\n');
    c.loop();
    CHECK(c.got.size() == 1);
    CHECK(named(c.last) == "open");
}

TEST_CASE("the end is noticed, even right behind the last line") {
    connection c;
    c.send("a\n");
    c.loop();
    CHECK(named(c.last) == "open");
    c.send("b\n");
    c.end();
    REQUIRE(c.loop());
    CHECK(c.got == lines{"a", "b"});
    INFO("why: line and end were there when epoll reported the socket; there is no "
         "second report for the end");
    CHECK(named(c.last) == "ended");
    CHECK_FALSE(c.reader->error());
}

TEST_CASE("the end behind a line that came in pieces is no error") {
    connection c;
    c.send("hel");
    c.loop();
    c.send("lo\n");
    c.loop();
    c.end();
    REQUIRE(c.loop());
    CHECK(c.got == lines{"hello"});
    CHECK(named(c.last) == "ended");
    CHECK_FALSE(c.reader->error());
}

TEST_CASE("whatever else stops it is an error and not the end") {
    line_reader reader{-1, [](const std::string&) {}};
    CHECK(named(reader.on_readable()) == "failed");
    CHECK(reader.error() == std::errc::bad_file_descriptor);
}

TEST_CASE("the end in the middle of a line is an error") {
    connection c;
    c.send("a\nb");
    c.end();
    c.loop();
    CHECK(c.got == lines{"a"});
    CHECK(named(c.last) == "failed");
    CHECK(c.reader->error() == std::errc::bad_message);
}

TEST_CASE("a connection that broke is an error and not the end") {
    connection c;
    c.send("a\n");
    // The other side goes without having read what we sent.
    REQUIRE(::send(c.ours(), "unread", 6, 0) == 6);
    c.end();
    c.loop();
    CHECK(named(c.last) == "failed");
    CHECK(c.reader->error() == std::errc::connection_reset);

    connection half; // so it is in the middle of a line
    half.send("a");
    REQUIRE(::send(half.ours(), "unread", 6, 0) == 6);
    half.end();
    half.loop();
    CHECK(half.reader->error() == std::errc::connection_reset);
}

TEST_CASE("two connections do not disturb each other") {
    connection one, other;
    one.send("on");
    other.send("oth");
    one.loop();
    other.loop();
    one.send("e\n");
    other.send("er\n");
    one.loop();
    other.loop();
    CHECK(one.got == lines{"one"});
    CHECK(other.got == lines{"other"});
}

TEST_CASE("a line of one may be the time to read another") {
    connection one, other;
    line_reader reader{one.ours(), [&](const std::string& line) {
                           one.got.push_back(line);
                           other.loop();
                       }};
    one.send("one\ntwo\nthree\n");
    other.send("here are many bytes of another connection\n");
    CHECK(named(reader.on_readable()) == "open");
    CHECK(one.got == lines{"one", "two", "three"});
    CHECK(other.got == lines{"here are many bytes of another connection"});
}

TEST_CASE("a byte of zero is a byte like any other") {
    connection c;
    const std::string line{"a\0b", 3};
    c.send(line + '\n' + line);
    c.loop();
    c.send("\n");
    c.loop();
    CHECK((c.got == lines{line, line}));
}

TEST_CASE("a line of a million bytes is a line like any other") {
    connection c;
    for (int i = 0; i < 100; ++i) {
        c.send(std::string(10'000, 'x'));
        c.loop();
    }
    c.send("\nb\n");
    c.loop();
    REQUIRE(c.got.size() == 2);
    CHECK(c.got[0].size() == 1'000'000);
    CHECK(c.got[1] == "b");
}

TEST_CASE("100,000 lines in one call are no exception") {
    connection c;
    std::string all;
    for (int i = 0; i < 100'000; ++i)
        all += "\n";
    c.send(all);
    REQUIRE(c.loop());
    CHECK(c.got.size() == 100'000);
    CHECK(c.left_in_socket() == 0);
}
