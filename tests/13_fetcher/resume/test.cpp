// Kills it after every byte that it writes, in a file that is made up; at the end, in a
// process that is really killed.

#include "processes/child_process.hpp"
#include "resume.hpp"
#include "workbench/temporary.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace {

using names = std::vector<std::string>;

/// Some are the beginning of another one that is done before.
const names tasks{"/page/10", "/page/1", "/page/2", "/page", "/index"};

struct killed {};

/// A process that is killed before its step number `lives`, of those that count.
struct process {
    int lives = std::numeric_limits<int>::max();

    void step() {
        if (lives-- == 0) throw killed{};
    }
};

/// A file in memory, and the process that uses it.
class file : public ladder::journal_file {
public:
    explicit file(std::string content = "") : bytes{std::move(content)} {}

    std::string read() const override {
        ++reads;
        return bytes;
    }

    void append(std::string_view text) override {
        for (const char c : text) {
            user.step();
            bytes += c;
            ++appended;
        }
    }

    void cut(std::size_t size) override {
        user.step();
        bytes.resize(std::min(size, bytes.size()));
    }

    process user{};
    std::string bytes;
    std::size_t appended = 0;
    mutable int reads = 0;
};

std::string lines_of(const names& all) {
    std::string text;
    for (const std::string& name : all)
        text += name + '\n';
    return text;
}

/// The lines that have their end.
names whole_lines(const std::string& text) {
    names lines;
    std::istringstream in{text.substr(0, text.rfind('\n') + 1)};
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

/// What it does with this journal, in this order.
names resumed(file& journal, const names& all = tasks) {
    names did;
    ladder::resume(journal, all, [&](const std::string& task) { did.push_back(task); });
    return did;
}

names without(const names& all, const names& those) {
    names rest;
    for (const std::string& name : all)
        if (std::ranges::count(those, name) == 0) rest.push_back(name);
    return rest;
}

} // namespace

TEST_CASE("with an empty journal every task is done once, in its order") {
    file journal;
    CHECK(resumed(journal) == tasks);
    CHECK(journal.bytes == lines_of(tasks));
    CHECK(resumed(journal).empty());
}

TEST_CASE("what the journal has is not done again") {
    file journal{"/page/1\n/index\n"};
    CHECK(resumed(journal) == names{"/page/10", "/page/2", "/page"});
    CHECK(journal.bytes == "/page/1\n/index\n/page/10\n/page/2\n/page\n");

    file other{"/page/2\n/of another list\n/page/10\n/index\n"};
    CHECK(resumed(other) == names{"/page/1", "/page"});
}

TEST_CASE("a name that begins as another one is another one") {
    file journal{"/page/10\n/index\n"};
    CHECK(resumed(journal) == names{"/page/1", "/page/2", "/page"});
}

TEST_CASE("a name may have any sign but a line break") {
    const names odd{"two words", " a space before", "two", "and behind ",
                    "#1",        "tab\t",           "\r",  "a\r",
                    "\\n",       "words",           "",    {"a\0b", 3}};
    for (std::size_t done = 0; done <= odd.size(); ++done) {
        const names before(odd.begin(), odd.begin() + static_cast<std::ptrdiff_t>(done));
        file journal{lines_of(before)};
        INFO("the journal was: '" << journal.bytes << "'");
        CHECK(resumed(journal, odd) == without(odd, before));
        CHECK((journal.bytes == lines_of(odd)));
    }
}

TEST_CASE("a task is in the journal when it is done, and not before") {
    file journal;
    names before;
    ladder::resume(journal, tasks, [&](const std::string& task) {
        INFO("while " << task << " is being done");
        CHECK(journal.bytes == lines_of(before));
        before.push_back(task);
    });
    CHECK(before == tasks);
}

TEST_CASE("a line without its end says nothing") {
    const std::string all = lines_of(tasks);
    for (std::size_t size = 0; size <= all.size(); ++size) {
        file journal{all.substr(0, size)};
        INFO("the journal was: '" << journal.bytes << "'");
        const names done = whole_lines(journal.bytes);
        CHECK(resumed(journal) == without(tasks, done));
    }
}

TEST_CASE("a line without its end is gone before the next one is appended") {
    const std::string all = lines_of(tasks);
    for (std::size_t size = 0; size <= all.size(); ++size) {
        file journal{all.substr(0, size)};
        INFO("the journal was: '" << journal.bytes << "'");
        resumed(journal);
        CHECK(journal.bytes == all);
    }
}

TEST_CASE("killed at any moment, twice, nothing is lost and nothing done is done again") {
    bool first_is_killed = true;
    for (int first = 0; first_is_killed; ++first) {
        bool second_is_killed = true;
        for (int second = 0; second_is_killed; ++second) {
            INFO("killed after " << first << " steps, and then after " << second);
            file journal;
            std::map<std::string, int> times;
            const auto is_killed_after = [&](int steps) {
                journal.user.lives = steps;
                const names before = whole_lines(journal.bytes);
                bool dies = false;
                try {
                    ladder::resume(journal, tasks, [&](const std::string& task) {
                        if (std::ranges::count(before, task) > 0)
                            FAIL(task << " was done, and is done again");
                        journal.user.step();
                        ++times[task];
                        journal.user.step();
                    });
                } catch (const killed&) {
                    dies = true;
                }
                INFO("the journal is: '" << journal.bytes << "'");
                const names now = whole_lines(journal.bytes);
                REQUIRE(without(before, now).empty()); // what it had it keeps
                return dies;
            };
            first_is_killed = is_killed_after(first);
            second_is_killed = is_killed_after(second);
            REQUIRE_FALSE(is_killed_after(std::numeric_limits<int>::max()));
            int all = 0;
            for (const std::string& task : tasks) {
                INFO(task);
                REQUIRE(times[task] > 0);
                all += times[task];
            }
            REQUIRE(all <= static_cast<int>(tasks.size()) + 2);
            REQUIRE(journal.bytes == lines_of(tasks));
        }
    }
}

TEST_CASE("the journal is read once, and nothing is written twice") {
    names many;
    for (int i = 0; i < 2'000; ++i)
        many.push_back(std::to_string(i));
    const std::string all = lines_of(many);
    const std::size_t size = all.size() / 2;
    file journal{all.substr(0, size)};
    const std::size_t whole = lines_of(whole_lines(journal.bytes)).size();
    resumed(journal, many);
    CHECK(journal.reads == 1);
    CHECK(journal.appended == all.size() - whole);
}

namespace {

/// One of the file system.
class real_file : public ladder::journal_file {
public:
    explicit real_file(std::string path) : path_(std::move(path)) { append(""); }

    std::string read() const override {
        std::ifstream in{path_, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }

    void append(std::string_view text) override {
        std::ofstream{path_, std::ios::binary | std::ios::app} << text;
    }

    void cut(std::size_t size) override {
        if (::truncate(path_.c_str(), static_cast<off_t>(size)) != 0) throw killed{};
    }

private:
    std::string path_;
};

} // namespace

TEST_CASE("processes that are killed at each task get all of them done together") {
    const ladder::temporary_folder folder;
    const std::string path = folder.path() + "/journal";
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        auto child = ladder::processes::child_process::fork([&] {
            real_file journal{path};
            ladder::resume(journal, tasks, [&](const std::string& task) {
                if (task == tasks[i]) {
                    journal.append(task.substr(0, 2)); // as if killed in the append
                    ::kill(::getpid(), SIGKILL);
                }
            });
            return 0;
        });
        CHECK(child.wait().signalled());
        CHECK(whole_lines(real_file{path}.read()) ==
              names(tasks.begin(), tasks.begin() + static_cast<std::ptrdiff_t>(i)));
    }
    real_file journal{path};
    ladder::resume(journal, tasks, [](const std::string&) {});
    CHECK(journal.read() == lines_of(tasks));
}
