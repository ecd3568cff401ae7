// The program in foul weather: workers and supervisor are killed, users are impatient.

#include "fetcher_program.hpp"
#include "leftovers.hpp"
#include "sanitizer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <csignal>
#include <random>
#include <string>

using namespace ladder::fetcher;
using namespace ladder::fetcher::test;
using ladder::process_watch;
using ladder::running_program;
using ladder::slow_server;
using ladder::wait_until;

namespace {

/// Kills the only child of `fetcher` and waits until it is gone.
void kill_worker(pid_t worker) {
    const process_watch watch{worker};
    ::kill(worker, SIGKILL);
    REQUIRE(watch.ended());
}

/// Waits until so many workers run.
std::vector<pid_t> workers_of(const running_program& fetcher, std::size_t count) {
    std::vector<pid_t> workers;
    wait_until(
        [&] {
            workers = fetcher.children();
            return workers.size() == count;
        },
        "the workers");
    return workers;
}

void wait_for_requests(const slow_server& server, const std::string& target,
                       std::uint64_t count) {
    wait_until(
        [&] {
            const auto seen = server.stats().per_target;
            return seen.contains(target) && seen.at(target) >= count;
        },
        target);
}

void wait_for_in_flight(const slow_server& server, std::uint64_t count) {
    wait_until([&] { return server.stats().in_flight == count; }, "requests in flight");
}

} // namespace

TEST_CASE("workers that are killed at any time cost nothing but time") {
    const slow_server server;
    const scratch_folder folder;
    constexpr int pages = 2'000;
    constexpr int kills = 30;
    write_file(folder / "list", page_list(server, pages, "?delay=2"));
    running_program fetcher{
        command({"-i", folder / "list", "-o", folder / "pages", "--results",
                 folder / "results", "-p", "2", "-c", "8", "--progress", "never"})};

    std::mt19937 random{std::random_device{}()};
    std::uniform_int_distribution<std::uint64_t> until_next{0, pages / kills};
    for (int i = 0; i < kills; ++i) {
        // Moments are counted in requests, so that any machine gets to the last of them.
        // All of them come while URLs wait: those that were with two dead workers are
        // fetched alone at the end, and whoever is killed then is given up, rightly.
        const auto next = server.stats().requests + until_next(random);
        if (next > pages - 100) break;
        wait_until([&] { return server.stats().requests >= next; }, "more requests");
        const auto workers = fetcher.children();
        if (!workers.empty()) ::kill(workers[random() % workers.size()], SIGKILL);
    }
    const auto ended = fetcher.wait();

    CHECK(ended.status == 0);
    CHECK(ended.err.find("lost and replaced") != std::string::npos);
    check_all_pages(server, pages, "?delay=2", read_file(folder / "results"),
                    folder / "pages");
    CHECK(parts_below(folder / "pages") == 0);
    CHECK(parts_folders(folder / "pages") == 0);
}

TEST_CASE("an idle worker that is killed is replaced") {
    const slow_server server;
    pipe_ends in;
    running_program fetcher{command({"-i", "-", "-p", "1", "-q"}), {.input = in.read}};
    kill_worker(workers_of(fetcher, 1)[0]);
    workers_of(fetcher, 1);
    const std::string line = server.url("/page/1\n");
    REQUIRE(::write(in.write, line.data(), line.size()) > 0);
    wait_until([&] { return !fetcher.out().empty(); }, "the result");
    kill_worker(workers_of(fetcher, 1)[0]); // idle again, but it had work
    REQUIRE(::write(in.write, "http://\n", 8) > 0);
    pipe_ends::close(in.write);
    const auto ended = fetcher.wait();
    CHECK(ended.status == 1);
    CHECK(results_by_url(ended.out).size() == 2);
}

TEST_CASE("all workers may be killed at once") {
    const slow_server server;
    running_program fetcher{command({server.url("/gate/3?i=1"), server.url("/gate/3?i=2"),
                                     "-p", "2", "-c", "1", "-q"})};
    wait_for_in_flight(server, 2);
    for (const pid_t worker : fetcher.children())
        ::kill(worker, SIGKILL);
    wait_for_requests(server, "/gate/3?i=1", 2);
    wait_for_requests(server, "/gate/3?i=2", 2);
    wait_for_in_flight(server, 2);
    CHECK(run({server.url("/gate/3?i=3"), "-q"}).status == 0); // opens the gate
    const auto ended = fetcher.wait();
    CHECK(ended.status == 0);
    CHECK(results_by_url(ended.out).size() == 2);
}

TEST_CASE("a page that was half saved by a killed worker is saved again") {
    const slow_server server;
    const scratch_folder folder;
    const std::string url = server.url("/drip?bytes=70000&every=0");
    const std::string gone = server.url("/bytes/3000000");
    running_program fetcher{command({url, gone, "-p", "1", "--timeout", "1h", "-o",
                                     folder / "pages", "--results", "-", "-q"})};
    wait_until(
        [&] {
            std::error_code ignored; // files come and go
            return fs::exists(folder / "pages", ignored) &&
                   parts_folders(folder / "pages") > 0;
        },
        "something saved");
    kill_worker(workers_of(fetcher, 1)[0]);
    const auto ended = fetcher.wait();
    CHECK(ended.status == 0);
    const auto found = results_by_url(ended.out);
    CHECK(digest(read_file(folder / "pages/" + found.at(gone).file)) ==
          digest(slow_server::bytes_body(3'000'000)));
    CHECK(files_below(folder / "pages/pages").size() == 2);
    CHECK(parts_below(folder / "pages") == 0);
    CHECK(parts_folders(folder / "pages") == 0);
}

TEST_CASE("a URL that kills its workers is given up, and its neighbours are not") {
    const slow_server server;
    const std::string deadly = server.url("/hang?deadly");
    // The only thing that is ever in flight for long: who has it is killed, as if the
    // page did that.
    std::vector<std::string> arguments{"-p", "1", "-c", "4", "--timeout", "1h", deadly};
    for (int i = 0; i < 20; ++i)
        arguments.push_back(server.url(fmt::format("/page/{}", i)));
    running_program fetcher{command(arguments)};
    for (std::uint64_t death = 1; death <= 4; ++death) {
        wait_for_requests(server, "/hang?deadly", death);
        kill_worker(workers_of(fetcher, 1)[0]);
    }
    const auto ended = fetcher.wait();

    CHECK(ended.status == 1);
    const auto found = results_by_url(ended.out);
    CHECK(found.size() == 21);
    for (const auto& [url, r] : found) {
        INFO(url);
        if (url == deadly) {
            CHECK(r.error == "given up: 4 workers died with it, the last of: Killed (9)");
            CHECK(r.status == 0);
            CHECK(r.worker == -1);
        } else {
            CHECK(r.error == "");
            CHECK(r.status == 200);
        }
    }
    CHECK(server.stats().per_target.at("/hang?deadly") == 4);
    CHECK(ended.err.find("4 workers lost and replaced") != std::string::npos);
}

TEST_CASE("no worker outlives its supervisor") {
    const slow_server server;
    const scratch_folder folder;
    running_program fetcher{command({server.url("/hang?1"), server.url("/hang?2"), "-p",
                                     "2", "-c", "1", "--timeout", "1h", "--results",
                                     folder / "results", "-o", folder / "pages"})};
    wait_for_in_flight(server, 2);
    std::vector<process_watch> watches;
    for (const pid_t worker : fetcher.children())
        watches.emplace_back(worker);
    REQUIRE(watches.size() == 2);
    fetcher.signal(SIGKILL);
    CHECK(fetcher.wait().status == 128 + SIGKILL);
    for (const process_watch& watch : watches)
        CHECK(watch.ended());
    CHECK(parse_results(read_file(folder / "results")).empty());
}

TEST_CASE("a worker whose supervisor died before it started ends by itself") {
    pipe_ends in;
    for (int i = 0; i < 20; ++i) { // at moments from before the spawn to after it
        running_program fetcher{command({"-i", "-", "-p", "1", "-q"}),
                                {.input = in.read}};
        std::vector<pid_t> workers;
        wait_until([&] { return !(workers = fetcher.children()).empty(); }, "a worker");
        const process_watch watch{workers[0]};
        fetcher.signal(SIGKILL);
        fetcher.wait();
        REQUIRE(watch.ended());
    }
}

TEST_CASE("the first signal finishes what is in flight, and nothing more") {
    const int signal = GENERATE(SIGINT, SIGTERM, SIGHUP);
    const slow_server server;
    const scratch_folder folder;
    std::string list = server.url("/gate/3?i=1\n") + server.url("/gate/3?i=2\n");
    list += page_list(server, 5'000);
    write_file(folder / "list", list);
    running_program fetcher{
        command({"-i", folder / "list", "-p", "2", "-c", "1", "--timeout", "1h", "-o",
                 folder / "pages", "--results", "-", "--progress", "never"})};
    wait_for_in_flight(server, 2); // both workers are busy
    fetcher.signal(signal);
    wait_until([&] { return fetcher.err().find("stopping") != std::string::npos; },
               "the signal's effect");
    CHECK(run({server.url("/gate/3?i=3"), "-q"}).status == 0); // opens the gate
    const auto ended = fetcher.wait();

    CHECK(ended.status == 128 + signal);
    const auto found = results_by_url(ended.out);
    CHECK(found.size() == 2);
    for (const auto& [url, r] : found)
        CHECK(r.status == 200);
    CHECK(count_lines(ended.err) == 3); // that it stops, the summary, how to go on
    CHECK(files_below(folder / "pages/pages").size() == 2);
    CHECK(server.stats().requests == 3);
}

TEST_CASE("the second signal ends at once") {
    const slow_server server;
    const scratch_folder folder;
    write_file(folder / "list",
               page_list(server, 50) + server.url("/hang?1\n") + server.url("/hang?2\n"));
    running_program fetcher{
        command({"-i", folder / "list", "-p", "2", "-c", "4", "--timeout", "1h", "-o",
                 folder / "pages", "--results", "-"})};
    wait_until([&] { return count_lines(fetcher.out()) == 50; }, "the pages");
    wait_for_in_flight(server, 2);
    fetcher.signal(SIGINT);
    wait_until([&] { return fetcher.err().find("stopping") != std::string::npos; },
               "the signal's effect");
    fetcher.signal(SIGINT);
    const auto ended = fetcher.wait();

    CHECK(ended.status == 128 + SIGINT);
    CHECK(results_by_url(ended.out).size() == 50);
    CHECK(files_below(folder / "pages/pages").size() == 50);
    CHECK(parts_below(folder / "pages") == 0);
    CHECK(parts_folders(folder / "pages") == 0);
    CHECK(ended.err.find("50 of 52 pages") != std::string::npos);
}

TEST_CASE("a signal ends the wait for a quiet pipe") {
    if (ladder::delays_signals) SKIP("ThreadSanitizer may keep the signal for ever");
    const pipe_ends in;
    running_program fetcher{command({"-i", "-", "-p", "2"}), {.input = in.read}};
    workers_of(fetcher, 2);
    // Before it listens for signals one would end it at once, which is as well.
    wait_until(
        [&] {
            std::ifstream status{fmt::format("/proc/{}/status", fetcher.pid())};
            for (std::string line; std::getline(status, line);)
                if (line.starts_with("SigCgt:"))
                    return (std::stoull(line.substr(7), nullptr, 16) &
                            1 << (SIGTERM - 1)) != 0;
            return false;
        },
        "the handler");
    fetcher.signal(SIGTERM);
    const auto ended = fetcher.wait();
    CHECK(ended.status == 128 + SIGTERM);
    CHECK(ended.out == "");
}

TEST_CASE("a signal to the whole group drains too") {
    const slow_server server;
    running_program fetcher{
        command({server.url("/gate/2?i=1"), "-p", "2", "--timeout", "1h"}),
        {.prepare = [] { ::setpgid(0, 0); }}};
    wait_for_in_flight(server, 1);
    ::kill(-fetcher.pid(), SIGTERM); // as a service manager does
    wait_until([&] { return fetcher.err().find("stopping") != std::string::npos; },
               "the signal's effect");
    CHECK(run({server.url("/gate/2?i=2"), "-q"}).status == 0);
    const auto ended = fetcher.wait();
    CHECK(ended.status == 128 + SIGTERM);
    CHECK(results_by_url(ended.out).size() == 1);
    CHECK(ended.err.find("lost") == std::string::npos);
}

TEST_CASE("who was started by nohup does not hear that the terminal is gone") {
    const slow_server server;
    running_program fetcher{
        command({server.url("/gate/2?i=1"), "-p", "2", "--timeout", "1h"}),
        {.prepare = [] { std::signal(SIGHUP, SIG_IGN); }}};
    wait_for_in_flight(server, 1);
    fetcher.signal(SIGHUP);
    CHECK(run({server.url("/gate/2?i=2"), "-q"}).status == 0);
    const auto ended = fetcher.wait();
    CHECK(ended.status == 0);
    CHECK(ended.err.find("stopping") == std::string::npos);
}
