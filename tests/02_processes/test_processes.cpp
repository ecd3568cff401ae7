// What rung 02 claims: a process for each batch, and a death that costs one batch.

#include "leftovers.hpp"
#include "pages.hpp"
#include "processes/child_process.hpp"
#include "processes/processes.hpp"
#include "running_program.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/timeline.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <csignal>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;
using namespace ladder;
using namespace ladder::processes;

namespace {

/// The processes that this thread has started and not waited for.
std::vector<pid_t> children() {
    std::ifstream list{fmt::format("/proc/self/task/{}/children", ::gettid())};
    std::vector<pid_t> result;
    for (pid_t child = 0; list >> child;)
        result.push_back(child);
    return result;
}

} // namespace

TEST_CASE("a batch is at least one URL and at most a hundred") {
    CHECK(batch_size(0, 8) == 1);
    CHECK(batch_size(1, 8) == 1);
    CHECK(batch_size(32, 8) == 1);
    CHECK(batch_size(33, 8) == 2);
    CHECK(batch_size(10, 0) == 3);
    CHECK(batch_size(1'000'000, 8) == 100);
    CHECK(batch_size(10, std::size_t(-1)) == 1);
}

TEST_CASE("each batch has a process, and the rest is the last one") {
    const slow_server server;
    const auto urls = pages_of(server, 10);
    const timeline::recording recording;
    CHECK(processes::fetch_all(urls, {.in_flight = 1}).size() == 10); // 3 + 3 + 3 + 1
    std::vector<pid_t> pids; // in order; one after the other, as one is in flight
    std::vector<int> sizes;
    for (const auto& wait : recording.intervals()) {
        if (pids.empty() || pids.back() != wait.pid) {
            pids.push_back(wait.pid);
            sizes.push_back(0);
        }
        ++sizes.back();
        CHECK(wait.pid != ::getpid());
    }
    CHECK(sizes == std::vector{3, 3, 3, 1});
    CHECK(std::set(pids.begin(), pids.end()).size() == 4);
}

TEST_CASE("a child that dies makes its pages errors, and loses no others") {
    const slow_server server;
    // The first batch is a page that came, one that never comes, and one behind it.
    std::vector<std::string> urls{server.url("/page/0"), server.url("/hang"),
                                  server.url("/page/1")};
    for (int i = 0; i < 12; ++i)
        urls.push_back(server.url(fmt::format("/page/{}", 2 + i)));
    REQUIRE(batch_size(urls.size(), 1) == 4);
    urls.insert(urls.begin() + 3, server.url("/page/99"));

    // Somebody kills the process that waits for /hang, once it does.
    const auto before = leftovers::now();
    const pid_t self = ::getpid();
    child_process killer = child_process::fork([&] {
        wait_until(
            [&] {
                const auto stats = server.stats();
                return stats.per_target.contains("/hang");
            },
            "/hang");
        std::ifstream list{fmt::format("/proc/{}/task/{}/children", self, self)};
        for (pid_t child = 0; list >> child;)
            if (child != ::getpid() && child != server.pid()) ::kill(child, SIGKILL);
        return 0;
    });
    const auto pages = processes::fetch_all(urls, {.in_flight = 1, .timeout = 30s});
    CHECK(describe(killer.wait()) == "exited with 0");

    REQUIRE(pages.size() == urls.size());
    CHECK(pages[0].body == slow_server::page_body(0)); // it had been sent
    for (const std::size_t lost : {1, 2, 3}) {
        CHECK(pages[lost].error == process_error::child_died);
        CHECK(pages[lost].error.message() == "the process that fetched it has died");
        CHECK(pages[lost].status == 0);
        CHECK(pages[lost].url == urls[lost]);
    }
    for (std::size_t i = 4; i < pages.size(); ++i)
        CHECK(pages[i].status == 200);
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("a body larger than a pipe comes whole") {
    const slow_server server;
    const std::vector<std::string> urls{server.url("/bytes/3000000"),
                                        server.url("/bytes/3000001")};
    const auto pages = processes::fetch_all(urls, {});
    CHECK(pages.at(0).body == slow_server::bytes_body(3'000'000));
    CHECK(pages.at(1).body == slow_server::bytes_body(3'000'001));
}

TEST_CASE("where descriptors run out, fewer processes fetch everything") {
    const slow_server server;
    const auto urls = pages_of(server, 30);
    const child_process probe = child_process::fork([] { return ::pause(); });
    std::vector<page> pages;
    {
        const descriptor_limit few{24}; // for the test's own, and some pipes
        pages = processes::fetch_all(urls, {.in_flight = 30});
    }
    for (const page& p : pages) {
        INFO(p.error.message());
        CHECK(p.status == 200);
    }
    CHECK(server.stats().requests == 30);
}

TEST_CASE("the processes die with the one that asked") {
    const slow_server server;
    const std::vector<std::string> urls(3, server.url("/hang"));
    child_process parent = child_process::fork([&] {
        processes::fetch_all(urls, {.in_flight = 3, .timeout = 50s});
        return 0;
    });
    wait_until([&] { return server.stats().in_flight == 3; }, "three requests");
    parent.kill(SIGKILL);
    parent.wait();
    wait_until([&] { return server.stats().in_flight == 0; }, "the end of all three");
    CHECK(children().size() == 1); // the server
}
