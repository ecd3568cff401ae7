// Whatever is killed, whenever: in the end every URL has exactly one outcome, and that is
// proved each time by `verify`.

#include "fetcher/job.hpp"
#include "fetcher/kill_order.hpp"
#include "fetcher_program.hpp"
#include "job_program.hpp"
#include "sanitizer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <random>
#include <string>

using namespace ladder::fetcher;
using namespace ladder::fetcher::test;
using ladder::running_program;
using ladder::slow_server;

namespace {

constexpr bool slow = ladder::memory_is_inflated;

/// Goes on until all is done. Returns how many resumes that took.
int finish(const job_folder& job) {
    for (int resumes = 1; resumes <= 50; ++resumes)
        if (job.resume({"-q"}).status == 0) return resumes;
    FAIL("it does not end");
    return 0;
}

std::uint64_t any_seed() {
    if (const char* given = std::getenv("LADDER_SEED")) return std::stoull(given);
    return std::random_device{}();
}

void kill_at_each_point(const std::string& when) {
    const slow_server server;
    for (const std::string_view point : kill_points()) {
        const std::string order = std::string{point} + when;
        INFO("LADDER_KILL_AT=" << order);
        const job_folder job;
        job.list(page_list(server, 100));
        const auto begun = job.begin({"-q", "-c", "4"}, order);
        CHECK((begun.status == 0 || begun.status == 128 + SIGKILL));
        if (begun.status != 0 && fs::exists(job / "job.json")) finish(job);
        if (!fs::exists(job / "job.json")) CHECK(job.begin({"-q"}).status == 0);
        CHECK(job.verified());
        CHECK(parts_folders(job.path()) == 0);
    }
}

} // namespace

TEST_CASE("killed at each point of its life, a job goes on") {
    kill_at_each_point("");
}

TEST_CASE("killed later at each point of its life, a job goes on") {
    kill_at_each_point("@30");
}

TEST_CASE("killed with all its processes at each point, a job goes on") {
    kill_at_each_point("@30 all");
}

TEST_CASE("each point of its life is one that a run comes to") {
    const slow_server server;
    for (const std::string_view point : kill_points()) {
        if (point == "supervisor: worker buried") continue; // only when one dies
        const job_folder job;
        job.list(page_list(server, 10));
        const auto ended = job.begin({}, std::string{point});
        INFO(point);
        CHECK((ended.status == 128 + SIGKILL ||
               ended.err.find("1 worker lost and replaced") != std::string::npos));
    }
}

TEST_CASE("a storm of kills, of workers and of supervisors") {
    const slow_server server;
    const job_folder job;
    const int pages = slow ? 2'000 : 20'000;
    const int kills = slow ? 20 : 100;
    const auto seed = any_seed();
    INFO("LADDER_SEED=" << seed);
    std::mt19937_64 random{seed};
    job.list(page_list(server, pages));
    const auto points = kill_points();
    std::uniform_int_distribution<int> distance{1, 2 * pages / kills};
    std::string first = "-o";
    int resumes = 0;
    for (int i = 0; i < kills; ++i) {
        const std::string order =
            fmt::format("{}@{}{}", points[random() % points.size()], distance(random),
                        random() % 2 == 0 ? " all" : "");
        const bool begun = fs::exists(job / "job.json");
        const auto ended =
            begun ? job.resume({"-q"}, order) : job.begin({"-q", "-c", "16"}, order);
        INFO(order);
        REQUIRE(
            (ended.status == 0 || ended.status == 1 || ended.status == 128 + SIGKILL));
        resumes += begun ? 1 : 0;
    }
    finish(job);
    CHECK(job.verified());
    CHECK(count_lines(read_file(job.results())) == static_cast<std::size_t>(pages));
    CHECK(resumes > 0);
}

TEST_CASE("a supervisor that is killed twenty times loses nothing") {
    const slow_server server;
    const job_folder job;
    const int pages = slow ? 500 : 2'000;
    job.list(page_list(server, pages));
    CHECK(job.begin({"-q"}, "supervisor: outcome received@3").status == 128 + SIGKILL);
    for (int i = 1; i < 20; ++i)
        CHECK(job.resume({"-q"}, fmt::format("supervisor: outcome received@{}", 2 * i))
                  .status == 128 + SIGKILL);
    finish(job);
    CHECK(job.verified());
}

TEST_CASE("a worker that hangs is replaced, and its pages are fetched by others") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 200, "?delay=20"));
    running_program fetcher{command({"-i", job.list(), "-o", job.path(), "-p", "2", "-c",
                                     "2", "--timeout", "900ms", "--stuck-after", "1s"})};
    ladder::wait_until([&] { return server.stats().requests > 10; }, "requests");
    const auto workers = fetcher.children();
    REQUIRE(workers.size() == 2);
    ::kill(workers[0], SIGSTOP);
    const auto ended = fetcher.wait();
    CHECK(ended.status == 0);
    CHECK(ended.err.find("1 worker lost and replaced") != std::string::npos);
    CHECK(job.verified());
}

TEST_CASE("to be stopped and to go on does no harm, to nobody") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 400, "?delay=5"));
    running_program fetcher{command({"-i", job.list(), "-o", job.path(), "-p", "2", "-c",
                                     "2", "--timeout", "900ms", "--stuck-after", "1s"})};
    ladder::wait_until([&] { return server.stats().requests > 10; }, "requests");
    const auto workers = fetcher.children();
    REQUIRE(workers.size() == 2);
    for (int i = 0; i < 10; ++i) { // in turns, so that both sides have work
        const pid_t whom = i % 2 == 0 ? workers[0] : fetcher.pid();
        ::kill(whom, SIGSTOP);
        const auto seen = server.stats().requests;
        ladder::wait_until(
            [&] {
                const auto now = server.stats();
                return now.requests > seen + 2 || now.in_flight == 0;
            },
            "what the others do meanwhile");
        ::kill(whom, SIGCONT);
    }
    const auto ended = fetcher.wait();
    CHECK(ended.status == 0);
    CHECK(job.verified());
}

TEST_CASE("a journal may be cut at any byte") {
    const slow_server server;
    const job_folder job;
    constexpr std::size_t pages = 100;
    job.list(page_list(server, pages));
    REQUIRE(job.begin({"-q"}).status == 0);
    const std::string whole = read_file(job.results());

    const auto check_cut_at = [&](std::size_t size) {
        const std::string cut = whole.substr(0, size);
        fs::remove(job.results()); // to replace what it says takes a busy disk longer
        write_file(job.results(), cut);
        command_line options = job_options(job.path());
        options.folder = job.path();
        const auto resumed = ladder::fetcher::job::resume(options);
        const std::string kept = cut.substr(0, cut.rfind('\n') + 1); // npos + 1 is 0
        REQUIRE(read_file(job.results()) == kept);
        REQUIRE(resumed.done().size() == count_lines(kept));
    };
    std::size_t third = whole.size() - 1;
    for (int i = 0; i < 3; ++i)
        third = whole.rfind('\n', third - 1);
    for (std::size_t size = third; size <= whole.size(); size += slow ? 11 : 1)
        check_cut_at(size);
    std::mt19937_64 random{any_seed()};
    for (int i = 0; i < (slow ? 30 : 1'000); ++i)
        check_cut_at(random() % (whole.size() + 1));

    for (int i = 0; i < 3; ++i) { // and some of them to their end
        write_file(job.results(), whole.substr(0, random() % whole.size()));
        CHECK(job.resume({"-q"}).status == 0);
        CHECK(job.verified());
    }
}

TEST_CASE("every fault of the server, at random among good pages") {
    const slow_server server;
    const job_folder job;
    const auto seed = any_seed();
    INFO("LADDER_SEED=" << seed);
    std::mt19937_64 random{seed};
    const std::vector<std::string> faults{"/bytes/2000000",
                                          "/status/503",
                                          "/redirect/2",
                                          "/flaky/1",
                                          "/retry-after/1",
                                          "/hang",
                                          "/drip?bytes=100&every=50",
                                          "/reset",
                                          "/truncate",
                                          "/broken-chunk",
                                          "/bad-header",
                                          "/huge-header",
                                          "/early-hints",
                                          "/close",
                                          "/keep-alive-then-close",
                                          "/http10"};
    std::string list = page_list(server, 100);
    for (int i = 0; i < 60; ++i)
        list += server.url(faults[random() % faults.size()]) + '\n' +
                server.url(fmt::format("/page/{}\n", 100 + i));
    job.list(list);
    const auto ended = job.begin(
        {"-q", "--timeout", "3s", "--retries", "0", "-c", "40", "--max-bytes", "1MB"},
        "worker: page renamed@60 all");
    CHECK(ended.status == 128 + SIGKILL);
    CHECK(job.resume({"-q"}).status == 1); // some have no page, and say why
    CHECK(job.verified());
    std::size_t good = 0;
    for (const auto& r : parse_results(read_file(job.results())))
        good += r.url.find("/page/") != std::string::npos && r.error.empty() ? 1 : 0;
    CHECK(good == 160);
}
