// What nobody teaches and three rungs need: temporary files, limits, widths, text.

#include "run_program.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/pictures.hpp"
#include "workbench/temporary.hpp"
#include "workbench/terminal_width.hpp"
#include "workbench/text.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace ladder;
namespace fs = std::filesystem;

namespace {

/// Who may do what, as in `chmod`.
unsigned mode_of(const std::string& path) {
    struct stat about {};

    REQUIRE(::stat(path.c_str(), &about) == 0);
    return about.st_mode & 0777U;
}

rlim_t soft_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

rlim_t hard_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_max;
}

/// Destroys a copy of the object as a forked child does that returns from its scope.
template <class Object>
void destroy_in_a_child(std::optional<Object>& object) {
    const pid_t child = ::fork();
    if (child == 0) {
        object.reset();
        ::_exit(0);
    }
    REQUIRE(child > 0);
    ::waitpid(child, nullptr, 0);
}

} // namespace

TEST_CASE("a temporary file has its content, is private, and is gone afterwards") {
    const std::string text(100'000, 'x');
    std::optional<temporary_file> file{std::in_place, text};
    const std::string path = file->path();
    CHECK(fs::path{path}.parent_path() == fs::temp_directory_path());
    CHECK(file->content() == text);
    CHECK(mode_of(path) == 0600);
    std::ofstream{path} << "new";
    CHECK(file->content() == "new");
    CHECK(temporary_file{}.content() == "");
    CHECK(temporary_file{}.path() != path);

    destroy_in_a_child(file);
    CHECK(fs::exists(path));
    file.reset();
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a temporary folder is private, and goes with what is in it") {
    std::optional<temporary_folder> folder{std::in_place};
    const std::string path = folder->path();
    CHECK(mode_of(path) == 0700);
    CHECK(*folder / "a" == path + "/a");
    fs::create_directory(*folder / "a");
    std::ofstream{*folder / "a/b"} << "text";

    destroy_in_a_child(folder);
    CHECK(fs::exists(path + "/a/b"));
    folder.reset();
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE(
    "what is temporary is gone when a signal ends the process, and the signal is said") {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
        const temporary_folder where;
        const pid_t child = ::fork();
        if (child == 0) {
            std::signal(signal, SIG_DFL); // and not the test program's
            const temporary_file file{"x", where / "file-"};
            const temporary_folder folder{where / "folder-"};
            std::ofstream{folder / "inner"} << "x";
            if (::fork() == 0) { // removes nothing
                ::raise(signal);
                ::_exit(1);
            }
            ::wait(nullptr);
            if (!fs::exists(file.path()) || !fs::exists(folder / "inner")) ::_exit(2);
            ::raise(signal);
            ::_exit(3);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK((WIFSIGNALED(status) && WTERMSIG(status) == signal));
        CHECK(fs::is_empty(where.path()));
    }
}

TEST_CASE("for the next one: a test that is interrupted", "[.interrupted]") {
    const temporary_folder folder;
    std::ofstream{folder / "inner"} << "x";
    REQUIRE(fs::exists(folder / "inner"));
    ::raise(SIGINT);
}

TEST_CASE("what is temporary is gone when a test is interrupted") {
    const temporary_folder where;
    const auto ended =
        run_program({"/usr/bin/env", "TMPDIR=" + where.path(),
                     fs::read_symlink("/proc/self/exe"), "[.interrupted]"});
    INFO(ended.output);
    CHECK(ended.status == 128 + SIGINT);
    CHECK(fs::is_empty(where.path()));
}

TEST_CASE("what is temporary is where its name says, or there is an error") {
    const temporary_folder outer{"ladder-shelf-"};
    CHECK(fs::path{outer.path()}.filename().string().starts_with("ladder-shelf-"));
    const temporary_file file{"", outer / "inside-"};
    CHECK(file.path().starts_with(outer / "inside-"));
    CHECK_THROWS_AS((temporary_file{"", outer / "none/x-"}), std::system_error);
    CHECK_THROWS_AS(temporary_folder{outer / "none/x-"}, std::system_error);
}

TEST_CASE("a limit of descriptors holds as long as its object") {
    const rlim_t before = soft_limit();
    {
        const descriptor_limit few{20};
        CHECK(soft_limit() == 20);
        const descriptor_limit more{RLIM_INFINITY};
        CHECK(soft_limit() == hard_limit());
    }
    CHECK(soft_limit() == before);
    const descriptor_limit back_afterwards{before};
    CHECK(raise_descriptor_limit() == hard_limit());
    CHECK(soft_limit() == hard_limit());
}

TEST_CASE("a thread that is pinned to a core can use one, and the others all") {
    cpu_set_t before;
    REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
    CHECK(usable_cores() == static_cast<std::size_t>(CPU_COUNT(&before)));
    CHECK(CPU_ISSET(first_usable_core(), &before));
    std::size_t pinned = 0;
    int core = -1;
    std::jthread{[&] {
        pin_to_core(first_usable_core());
        pinned = usable_cores();
        core = ::sched_getcpu();
    }}.join();
    CHECK(pinned == 1);
    CHECK(core == first_usable_core());
    CHECK(usable_cores() == static_cast<std::size_t>(CPU_COUNT(&before)));
    CHECK_THROWS_AS(pin_to_core(-1), std::system_error);
    CHECK_THROWS_AS(pin_to_core(CPU_SETSIZE), std::system_error);
}

TEST_CASE("a terminal has its width, and everything else 80 columns") {
    CHECK(terminal_width(-1) == 80);
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(terminal >= 0);
    CHECK(terminal_width(terminal) == 80); // 0: it does not know
    const winsize size{.ws_row = 24, .ws_col = 123, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(terminal, TIOCSWINSZ, &size);
    CHECK(terminal_width(terminal) == 123);
    ::close(terminal);
}

TEST_CASE("a UTF-8 character has a size, and what is none has not") {
    CHECK(utf8_size("ab") == 1);
    CHECK(utf8_size("\xc3\xa9x") == 2);
    CHECK(utf8_size("\xe2\x82\xac") == 3);
    CHECK(utf8_size("\xf4\x8f\xbf\xbf") == 4);
    CHECK(utf8_size("") == 0);
    CHECK(utf8_size("\xa9") == 0);             // the rest of one
    CHECK(utf8_size("\xe2\x82") == 0);         // cut off
    CHECK(utf8_size("\xe2\x82x") == 0);        // by another
    CHECK(utf8_size("\xc0\x80") == 0);         // overlong
    CHECK(utf8_size("\xe0\x80\x80") == 0);     // overlong
    CHECK(utf8_size("\xed\xa0\x80") == 0);     // a surrogate
    CHECK(utf8_size("\xf4\x90\x80\x80") == 0); // beyond U+10FFFF
    CHECK(utf8_size("\xff") == 0);
}

TEST_CASE("only letters of ASCII have small ones") {
    CHECK(lower_case("Az@[`{0 \xc3\x84") == "az@[`{0 \xc3\x84");
}

TEST_CASE("XML quotes what it would take for markup") {
    CHECK(escape_xml("<a b=\"c\"> & d") == "&lt;a b=&quot;c&quot;&gt; &amp; d");
}

TEST_CASE("a JSON string has no bare quote, backslash or control character") {
    CHECK(json_string("") == "\"\"");
    CHECK(json_string("a\"b\\c\xc3\xa9") == "\"a\\\"b\\\\c\xc3\xa9\"");
    CHECK(json_string("\n\x1f\x7f") == "\"\\u000a\\u001f\x7f\"");
}

TEST_CASE("a picture becomes a smaller file beside it, that says it is a PNG") {
    const temporary_folder where;
    const auto paths = draw_pictures(where.path(), 2, 1);
    REQUIRE(paths.size() == 2);
    const auto png = fs::path{paths[1]}.replace_extension("png");
    const std::size_t size = compress_picture(paths[1]);
    CHECK(size == fs::file_size(png));
    CHECK(fs::file_size(png) < fs::file_size(paths[1]) / 2);
    std::string begin(8, ' ');
    std::ifstream{png, std::ios::binary}.read(begin.data(), 8);
    CHECK(begin == "\x89PNG\r\n\x1a\n");
    CHECK_THROWS_AS(compress_picture(png), std::runtime_error);
}
