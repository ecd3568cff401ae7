// A job that runs out of something, or whose power fails: it stops with one line, and
// goes on when the cause is gone.

#include "fetcher_program.hpp"
#include "job_program.hpp"
#include "mounts.hpp"
#include "sanitizer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cstdint>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace ladder::fetcher;
using namespace ladder::fetcher::test;
using ladder::running_program;
using ladder::slow_server;

namespace {

/// A file system that can lose its power: ext4, in a file. Only root can make one.
class small_disk {
public:
    small_disk() {
        have_own_mounts();
        fs::create_directory(path());
        if (!shell("truncate -s 64M {0}/image && mkfs.ext4 -q {0}/image") || !mount())
            SKIP("no file system can be made here");
    }

    ~small_disk() { unmount(); }

    std::string path() const { return folder_ / "disk"; }

    std::string job() const { return path() + "/job"; }

    bool mount() const { return shell("mount -o loop {0}/image {0}/disk"); }

    bool unmount() const { return shell("umount {0}/disk"); }

    /// From now on it fails, and what had not got to the disk never will.
    void lose_power() const {
        constexpr unsigned long shutdown = _IOR('X', 125, std::uint32_t);
        std::uint32_t without_a_flush = 2;
        const int root = ::open(path().c_str(), O_RDONLY | O_CLOEXEC);
        REQUIRE(::ioctl(root, shutdown, &without_a_flush) == 0);
        ::close(root);
    }

    /// What the kernel does after an error: it lets nobody write any more.
    void become_read_only() const { REQUIRE(shell("mount -o remount,abort {0}/disk")); }

    /// With the power again, or mended.
    void come_back() const {
        REQUIRE(unmount());
        REQUIRE(mount());
    }

    std::string operator/(std::string_view name) const { return folder_ / name; }

private:
    bool shell(fmt::format_string<const std::string&> commands) const {
        const std::string text = fmt::format(commands, folder_.path());
        return running_program{
                   {"/bin/sh", "-c", "PATH=$PATH:/sbin:/usr/sbin; (" + text + ") 2>&1"}}
                   .wait()
                   .status == 0;
    }

    scratch_folder folder_;
};

/// What is there is true: all that may be wrong with the job is what is missing.
void check_only_missing(const std::string& job) {
    std::istringstream found{run({"verify", job}).out};
    for (std::string line; std::getline(found, line);) {
        INFO(line);
        CHECK((line.ends_with(": no outcome") ||
               line.ends_with(" does not belong to the job") ||
               line.find(" with their outcome, ") != std::string::npos ||
               line.ends_with("fetcher resume " + job) ||
               line.ends_with("fetcher verify --repair " + job)));
    }
}

void check_goes_on(const std::string& job) {
    CHECK(run({"resume", job, "-q"}).status == 0);
    const auto proof = run({"verify", job});
    INFO(proof.out);
    CHECK(proof.status == 0);
}

} // namespace

TEST_CASE("power that fails takes nothing that a durable job has told") {
    const small_disk disk;
    const slow_server server;
    const int pages = ladder::memory_is_inflated ? 300 : 1'000;
    write_file(disk / "list", page_list(server, pages, "?delay=5"));
    const std::size_t told = GENERATE(1U, 200U);
    running_program fetcher{
        command({"-i", disk / "list", "-o", disk.job(), "--results", disk / "results",
                 "--durable", "-p", "2", "-c", "8"})};
    ladder::wait_until([&] { return count_lines(read_file(disk / "results")) >= told; },
                       "the results");
    disk.lose_power();
    fetcher.wait();
    disk.come_back();

    const std::string lines = read_file(disk / "results");
    CHECK(read_file(disk.job() + "/results.jsonl").starts_with(lines));
    check_only_missing(disk.job());
    check_goes_on(disk.job());
}

TEST_CASE("a disk that nobody may write to any more stops a job") {
    const small_disk disk;
    const slow_server server;
    // The first page comes when the disk is read-only, and so has to be saved then.
    write_file(disk / "list", server.url("/gate/2?i=1\n") + page_list(server, 100));
    const std::vector<std::string> open_the_gate{server.url("/gate/2?i=2"), "-q"};
    running_program fetcher{
        command({"-i", disk / "list", "-o", disk.job(), "--results", disk / "results",
                 "--durable", "-p", "2", "-c", "4", "--timeout", "1h", "-q"})};
    ladder::wait_until(
        [&] {
            return read_file(disk / "results") != "" &&
                   server.stats().per_target.contains("/gate/2?i=1");
        },
        "the results, and the first page at its gate");
    disk.become_read_only();
    run(open_the_gate); // nobody is at the gate when another page met the disk before
    const auto ended = fetcher.wait();
    CHECK(ended.status == 1);
    CHECK(ended.err.find("Read-only file system") != std::string::npos);
    CHECK(ended.err.ends_with("go on with: fetcher resume " + disk.job() + '\n'));
    const auto resumed = run({"resume", disk.job()});
    CHECK(resumed.status == 2);
    CHECK(resumed.err ==
          fmt::format("fetcher: {}/lock: Read-only file system\n", disk.job()));
    disk.come_back();
    running_program again{command({"resume", disk.job(), "-q"})};
    CHECK(run(open_the_gate).status == 0);
    CHECK(again.wait().status == 0);
    CHECK(run({"verify", disk.job()}).status == 0);
}

TEST_CASE("a job that nobody may write to is proved, too") {
    const slow_server server;
    const scratch_folder folder;
    const std::string disk = folder / "disk", job = disk + "/job";
    const small_tmpfs mounted{disk, "1m"};
    write_file(folder / "list", page_list(server, 3));
    REQUIRE(run({"-i", folder / "list", "-o", job, "-q"}).status == 0);
    const auto read_only = [&](unsigned long flag) {
        return ::mount("none", disk.c_str(), nullptr, MS_REMOUNT | flag, nullptr) == 0;
    };
    REQUIRE(read_only(MS_RDONLY));
    CHECK(run({"verify", job}).out.ends_with(": all is well\n"));
    CHECK(run({"verify", "--repair", job}).err ==
          fmt::format("fetcher: {}/lock: Read-only file system\n", job));
    REQUIRE(read_only(0));
    write_file(job + "/pages/0/1", "short");
    fs::remove(job + "/lock");
    REQUIRE(read_only(MS_RDONLY));
    CHECK(run({"verify", job}).status == 1);
}

TEST_CASE("too few descriptors to begin with are said before there is a job") {
    const job_folder job;
    job.list("http://127.0.0.1/\n");
    const auto ended = run({"-i", job.list(), "-o", job.path()}, {.prepare = [] {
                               const rlimit limit{12, 12};
                               ::setrlimit(RLIMIT_NOFILE, &limit);
                           }});
    CHECK(ended.status == 2);
    CHECK(ended.err.find("raise it with: ulimit -n ") != std::string::npos);
    CHECK(count_lines(ended.err) == 1);
    CHECK_FALSE(fs::exists(job.path()));
}

TEST_CASE("a full disk stops a job, and it goes on when there is room") {
    const slow_server server;
    const scratch_folder folder;
    const std::string disk = folder / "disk";
    // 64 kB have no room for the second page; 400 kB, for some.
    const small_tmpfs mounted{disk, GENERATE("64k", "400k")};
    std::string list;
    for (int i = 0; i < 40; ++i)
        list += server.url(fmt::format("/bytes/{}\n", 40'000 + i));
    write_file(folder / "list", list);
    const auto ended = run({"-i", folder / "list", "-o", disk + "/job", "-p", "2"});
    CHECK(ended.status == 1);
    CHECK(ended.err.find("No space left on device") != std::string::npos);
    CHECK(ended.err.find("go on with: fetcher resume " + disk + "/job") !=
          std::string::npos);
    INFO(ended.err);
    // The pages that found no room are not done, and so they did not fail. There is no
    // summary when the results found no room either.
    CHECK(ended.err.find("40 of 40") == std::string::npos);
    CHECK((ended.err.find(" of 40 pages in ") == std::string::npos ||
           ended.err.find(", 0 failed") != std::string::npos));
    CHECK(run({"verify", disk + "/job"}).out.find("has another content") ==
          std::string::npos);
    mounted.resize("20m");
    CHECK(run({"resume", disk + "/job"}).status == 0);
    CHECK(run({"verify", disk + "/job"}).status == 0);
}

TEST_CASE("a disk that is full from the beginning is one line, with what to do") {
    const scratch_folder folder;
    const std::string disk = folder / "disk";
    const small_tmpfs mounted{disk, "4k"};
    std::string list;
    for (int i = 0; i < 1'000; ++i)
        list += "http://127.0.0.1/\n";
    write_file(folder / "list", list);
    const auto ended = run({"-i", folder / "list", "-o", disk + "/job"});
    CHECK(ended.status == 2);
    CHECK(ended.err == fmt::format("fetcher: {}/job/list: No space left on device; make "
                                   "room, and type the same again\n",
                                   disk));
}

TEST_CASE("a journal that may not grow stops a job") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 300));
    const auto ended = run({"-i", job.list(), "-o", job.path(), "-q"}, {.prepare = [] {
                               const rlimit limit{30'000, 30'000};
                               ::setrlimit(RLIMIT_FSIZE, &limit);
                           }});
    CHECK(ended.status == 1);
    CHECK(ended.err.ends_with("File too large; when that is mended, go on with: fetcher "
                              "resume " +
                              job.path() + '\n'));
    CHECK(read_file(job.results()).ends_with("}\n"));
    check_goes_on(job.path());
}

TEST_CASE("a worker without memory stops a job, and blames no page") {
    if (ladder::memory_is_inflated) SKIP("a sanitizer needs more than there is");
    const slow_server server;
    const job_folder job;
    constexpr int pages = 800; // all at once: 100 MB of stacks
    std::string list;
    for (int i = 0; i < pages; ++i)
        list += server.url(fmt::format("/gate/{}?i={}\n", pages, i));
    job.list(list);
    const std::vector<std::string> options{"-p", "1", "-c", std::to_string(pages), "-q"};
    std::vector<std::string> begin{"-i", job.list(), "-o", job.path()};
    begin.insert(begin.end(), options.begin(), options.end());
    const auto ended = run(begin, {.prepare = [] {
                               const rlimit limit{80 << 20, 80 << 20};
                               ::setrlimit(RLIMIT_AS, &limit);
                           }});
    CHECK(ended.status == 1);
    CHECK(ended.err == "fetcher: not enough memory; with more of it, or with fewer pages "
                       "at a time (-c, -p), go on with: fetcher resume " +
                           job.path() + '\n');
    CHECK(read_file(job.results()) == "");
    check_goes_on(job.path());
}

TEST_CASE("results that nobody reads stop a job") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 20));
    pipe_ends out;
    pipe_ends::close(out.read);
    const auto ended = run({"-i", job.list(), "-o", job.path(), "--results", "-", "-q"},
                           {.prepare = [&] { ::dup2(out.write, STDOUT_FILENO); }});
    CHECK(ended.status == 1);
    CHECK(ended.err.ends_with("fetcher: nobody reads the results any more; when that is "
                              "mended, go on with: fetcher resume " +
                              job.path() + '\n'));
    check_goes_on(job.path());
}
