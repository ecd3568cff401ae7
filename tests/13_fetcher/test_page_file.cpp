// In one thread: ThreadSanitizer has nothing to say here.

#include "fetcher/page_file.hpp"
#include "fetcher_program.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

#include <fcntl.h>

using namespace ladder::fetcher;
using test::read_file;

namespace {

class open_folder {
public:
    open_folder() : descriptor_(::open((path / "").c_str(), O_PATH | O_CLOEXEC)) {}

    ~open_folder() { ::close(descriptor_); }

    operator int() const noexcept { return descriptor_; }

    const test::scratch_folder path;

private:
    int descriptor_;
};

} // namespace

TEST_CASE("a page's name is the number of its line, a thousand to a folder") {
    CHECK(page_name(0) == "pages/0/0");
    CHECK(page_name(999) == "pages/0/999");
    CHECK(page_name(17'342) == "pages/17/17342");
}

TEST_CASE("a page has its name when it is whole, and not before") {
    const open_folder folder;
    const std::string final_name = folder.path / page_name(2);
    page_file page{folder, 2, ".parts-1"};
    CHECK_FALSE(page.write(std::string(100'000, 'a')));
    CHECK_FALSE(test::fs::exists(final_name));
    CHECK(test::parts_below(folder.path / "") == 1);
    CHECK(test::fs::exists(folder.path / ".parts-1/2.part"));
    CHECK_FALSE(page.write("b"));
    CHECK_FALSE(page.finish());
    CHECK(page.name() == page_name(2));
    CHECK(read_file(final_name) == std::string(100'000, 'a') + 'b');
    CHECK(test::parts_below(folder.path / "") == 0);
}

TEST_CASE("a page that is given up leaves nothing") {
    const open_folder folder;
    {
        page_file page{folder, 2, ".parts-1"};
        CHECK_FALSE(page.write(std::string(100'000, 'a')));
    }
    CHECK(test::files_below(folder.path / "").empty());
}

TEST_CASE("an empty page is saved too") {
    const open_folder folder;
    page_file page{folder, 2, ".parts-1"};
    CHECK_FALSE(page.finish());
    CHECK(test::fs::file_size(folder.path / page.name()) == 0);
}

TEST_CASE("a left-over part blocks nobody") {
    const open_folder folder;
    test::fs::create_directory(folder.path / ".parts-1");
    test::write_file(folder.path / ".parts-1/2.part", "of a run that was killed");
    page_file page{folder, 2, ".parts-1"};
    CHECK_FALSE(page.write("new"));
    CHECK_FALSE(page.finish());
    CHECK(read_file(folder.path / page.name()) == "new");
}

TEST_CASE("the same page may be saved twice at the same time") {
    const open_folder folder;
    page_file a{folder, 2, ".parts-1"};
    page_file b{folder, 2, ".parts-99"}; // of another worker or run
    for (page_file* page : {&a, &b})
        CHECK_FALSE(page->write(std::string(100'000, page == &a ? 'a' : 'b')));
    CHECK_FALSE(a.finish());
    CHECK(read_file(folder.path / page_name(2)) == std::string(100'000, 'a'));
    CHECK_FALSE(b.finish());
    CHECK(read_file(folder.path / page_name(2)) == std::string(100'000, 'b'));
}

TEST_CASE("a folder that is gone is an error, not the end") {
    const open_folder folder;
    test::fs::remove_all(folder.path / "");
    page_file page{folder, 2, ".parts-1"};
    CHECK(page.finish() == std::errc::no_such_file_or_directory);
}

TEST_CASE("what cannot be renamed is removed") {
    const open_folder folder;
    test::fs::create_directories(folder.path / (page_name(2) + "/in the way"));
    page_file page{folder, 2, ".parts-1"};
    CHECK_FALSE(page.write("text"));
    CHECK(page.finish() == std::errc::is_a_directory);
    CHECK(test::files_below(folder.path / "").empty());
}
