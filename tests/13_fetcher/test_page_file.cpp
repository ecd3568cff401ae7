#include "fetcher/page_file.hpp"
#include "fetcher_program.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <set>
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

TEST_CASE("a file's name is made from a hash and never from the URL's text") {
    std::set<std::string> names;
    for (const std::string& url :
         {std::string{"http://x/a"}, std::string{"http://x/A"},
          std::string{"http://x/../../etc/passwd"}, std::string(70'000, '/'),
          std::string{"http://x/\0b", 11}, std::string{}}) {
        const std::string name = file_name(url);
        CHECK(name.size() == 33);
        CHECK(name[2] == '/');
        CHECK(std::ranges::count(name, '/') == 1);
        CHECK(name.find_first_not_of("0123456789abcdef/") == std::string::npos);
        CHECK(name == file_name(url));
        names.insert(name);
    }
    CHECK(names.size() == 6);
    CHECK(file_name("abc") == "ba/7816bf8f01cfea414140de5dae2223");
}

TEST_CASE("a page has its name when it is whole, and not before") {
    const open_folder folder;
    const std::string final_name = folder.path / file_name("u");
    page_file page{folder, "u", ".parts-1", 2};
    CHECK_FALSE(page.write(std::string(100'000, 'a')));
    CHECK_FALSE(test::fs::exists(final_name));
    CHECK(test::parts_below(folder.path / "") == 1);
    CHECK(test::fs::exists(folder.path / ".parts-1/2.part"));
    CHECK_FALSE(page.write("b"));
    CHECK_FALSE(page.finish());
    CHECK(page.name() == file_name("u"));
    CHECK(read_file(final_name) == std::string(100'000, 'a') + 'b');
    CHECK(test::parts_below(folder.path / "") == 0);
}

TEST_CASE("a page that is given up leaves nothing") {
    const open_folder folder;
    {
        page_file page{folder, "u", ".parts-1", 2};
        CHECK_FALSE(page.write(std::string(100'000, 'a')));
    }
    CHECK(test::files_below(folder.path / "").empty());
}

TEST_CASE("an empty page is saved too") {
    const open_folder folder;
    page_file page{folder, "u", ".parts-1", 2};
    CHECK_FALSE(page.finish());
    CHECK(test::fs::file_size(folder.path / page.name()) == 0);
}

TEST_CASE("a left-over part blocks nobody") {
    const open_folder folder;
    test::fs::create_directory(folder.path / ".parts-1");
    test::write_file(folder.path / ".parts-1/2.part", "of a run that was killed");
    page_file page{folder, "u", ".parts-1", 2};
    CHECK_FALSE(page.write("new"));
    CHECK_FALSE(page.finish());
    CHECK(read_file(folder.path / page.name()) == "new");
}

TEST_CASE("the same URL may be saved twice at the same time") {
    const open_folder folder;
    page_file a{folder, "u", ".parts-1", 2};
    page_file b{folder, "u", ".parts-1", 3};  // a duplicate in the list
    page_file c{folder, "u", ".parts-99", 2}; // of another worker or run
    for (page_file* page : {&a, &b, &c})
        CHECK_FALSE(page->write(std::string(100'000, page == &a ? 'a' : 'b')));
    CHECK_FALSE(b.finish());
    CHECK_FALSE(a.finish());
    CHECK(read_file(folder.path / file_name("u")) == std::string(100'000, 'a'));
    CHECK_FALSE(c.finish());
    CHECK(read_file(folder.path / file_name("u")) == std::string(100'000, 'b'));
}

TEST_CASE("a folder that is gone is an error, not the end") {
    const open_folder folder;
    test::fs::remove_all(folder.path / "");
    page_file page{folder, "u", ".parts-1", 2};
    CHECK(page.finish() == std::errc::no_such_file_or_directory);
}

TEST_CASE("what cannot be renamed is removed") {
    const open_folder folder;
    test::fs::create_directories(folder.path / (file_name("u") + "/in the way"));
    page_file page{folder, "u", ".parts-1", 2};
    CHECK_FALSE(page.write("text"));
    CHECK(page.finish() == std::errc::is_a_directory);
    CHECK(test::files_below(folder.path / "").empty());
}
