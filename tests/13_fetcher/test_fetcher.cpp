// The program in fair weather: what it is asked for, it does and says.

#include "fetcher_program.hpp"
#include "leftovers.hpp"
#include "sanitizer.hpp"
#include "unused_port.hpp"
#include "workbench/stopwatch.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cerrno>
#include <set>
#include <string>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

using namespace ladder::fetcher;
using namespace ladder::fetcher::test;
using ladder::running_program;
using ladder::slow_server;

TEST_CASE("pages are fetched, saved and reported") {
    const slow_server server;
    const scratch_folder folder;
    write_file(folder / "list", page_list(server, 500));

    const auto ended =
        run({"-i", folder / "list", "-o", folder / "pages", "--results",
             folder / "results", "-p", "2", "-c", "8", "--progress", "never"});

    CHECK(ended.status == 0);
    CHECK(ended.out == "");
    CHECK(ended.err.starts_with("fetcher: 500 of 500 pages in "));
    CHECK(ended.err.ends_with(", 0 failed\n"));
    check_all_pages(server, 500, "", read_file(folder / "results"), folder / "pages");
    const auto stats = server.stats();
    CHECK(stats.requests == 500);
    CHECK(stats.connections <= 16); // they are kept alive and used again
    for (const auto& r : parse_results(read_file(folder / "results"))) {
        CHECK(r.attempts == 1);
        CHECK((r.worker == 0 || r.worker == 1));
        CHECK(r.elapsed_ms > 0);
    }
}

TEST_CASE("URLs come from the arguments and from a pipe, results go to a pipe") {
    const slow_server server;
    pipe_ends in;
    const std::string list = page_list(server, 3);
    REQUIRE(::write(in.write, list.data(), list.size()) ==
            static_cast<ssize_t>(list.size()));
    pipe_ends::close(in.write);

    const auto ended =
        run({server.url("/page/9"), "-i", "-", "--quiet"}, {.input = in.read});

    CHECK(ended.status == 0);
    CHECK(ended.err == "");
    const auto found = results_by_url(ended.out);
    CHECK(found.size() == 4);
    CHECK(found.at(server.url("/page/9")).sha256 == digest(slow_server::page_body(9)));
    CHECK(found.at(server.url("/page/9")).file == ""); // there is no -o
}

TEST_CASE("results and requests go on while a pipe is open") {
    const slow_server server;
    pipe_ends in;
    const running_program fetcher{command({"-i", "-", "-p", "2", "--quiet"}),
                                  {.input = in.read}};
    // A conversation: each line is answered by a result.
    for (std::size_t i = 0; i < 3; ++i) {
        const std::string line = server.url(fmt::format("/page/{}\n", i));
        REQUIRE(::write(in.write, line.data(), line.size()) ==
                static_cast<ssize_t>(line.size()));
        ladder::wait_until([&] { return count_lines(fetcher.out()) == i + 1; },
                           "the result of " + line);
    }
}

TEST_CASE("an empty list is done at once") {
    const auto ended = run({"-i", "/dev/null"});
    CHECK(ended.status == 0);
    CHECK(ended.out == "");
    CHECK(ended.err.starts_with("fetcher: 0 of 0 pages"));
}

TEST_CASE("as many pages as -p and -c say are in flight, and no more") {
    const slow_server server;
    // A gate opens when 12 wait at it. It stands at the beginning, where every worker
    // gets just what it has fibers for; later a quick one may get more, and the last
    // pages be shared out unevenly.
    std::string list;
    for (int i = 0; i < 12; ++i)
        list += server.url(fmt::format("/gate/12?i={}\n", i));
    list += page_list(server, 200, "?delay=1");
    const scratch_folder folder;
    write_file(folder / "list", list);

    const auto ended = run({"-i", folder / "list", "-p", "3", "-c", "4", "--timeout",
                            "40s", "--retries", "0", "--quiet"});

    CHECK(ended.status == 0);
    CHECK(server.stats().peak_in_flight == 12);
    std::set<std::int64_t> workers;
    for (const auto& [url, r] : results_by_url(ended.out))
        workers.insert(r.worker);
    CHECK(workers == std::set<std::int64_t>{0, 1, 2});
}

TEST_CASE("an answer that is no page is still an answer") {
    const slow_server server;
    const scratch_folder folder;
    const auto ended = run({server.url("/status/404"), server.url("/redirect/3"),
                            server.url("/page/1"), "-o", folder / "pages", "--results",
                            "-", "--quiet", "--max-redirects", "0"});
    CHECK(ended.status == 0);
    const auto found = results_by_url(ended.out);
    CHECK(found.at(server.url("/status/404")).status == 404);
    CHECK(found.at(server.url("/redirect/3")).status == 302); // reported, not followed
    for (const char* target : {"/status/404", "/redirect/3"}) {
        CHECK(found.at(server.url(target)).error == "");
        CHECK(found.at(server.url(target)).file == "");
    }
    CHECK(files_below(folder / "pages/pages").size() == 1);
}

TEST_CASE("what goes wrong is said for each URL, and is status 1") {
    const slow_server server;
    const ladder::unused_port unused;
    const std::string refused = fmt::format("http://127.0.0.1:{}/", unused.number());
    const std::string bad = "http://x/ \x1b[2J\xff";
    const auto ended =
        run({"not a URL", "ftp://127.0.0.1/", refused, bad,
             "http://no-such-host.invalid/", server.url("/truncate"),
             server.url("/bad-header"), server.url("/page/1"), "--retries", "0",
             "--progress", "never"}); // a name that is looked up for long is no line
    CHECK(ended.status == 1);
    const auto results = parse_results(ended.out);
    CHECK(results.size() == 8);
    std::map<std::string, result> found;
    for (const auto& r : results)
        found[r.url] = r;
    CHECK(found.at("not a URL").error == "not a valid absolute URL");
    CHECK(found.at("ftp://127.0.0.1/").error == "not an http:// URL");
    CHECK(found.at(refused).error == "Connection refused");
    CHECK(found.at("http://x/ \x1b[2J\xef\xbf\xbd").error == "not a valid absolute URL");
    CHECK(found.at("http://no-such-host.invalid/").error ==
          "the host's name has no address");
    CHECK(found.at(server.url("/truncate")).error ==
          "the connection ended before the answer did");
    CHECK(found.at(server.url("/bad-header")).error == "the answer is not valid HTTP");
    CHECK(found.at(server.url("/page/1")).error == "");
    for (const auto& r : results)
        if (r.error != "") {
            CHECK(r.sha256 == "");
            CHECK(r.file == "");
        }
    CHECK(count_lines(ended.err) == 8); // seven failures and the summary
    CHECK(ended.err.find('\x1b') == std::string::npos);
    CHECK(ended.err.find("7 failed") != std::string::npos);
}

TEST_CASE("what may be better the next time is tried again") {
    const slow_server server;
    const auto ended = run({server.url("/flaky/2"), server.url("/flaky/3"),
                            server.url("/reset"), server.url("/status/404"), "--quiet"});
    CHECK(ended.status == 1); // the reset
    const auto found = results_by_url(ended.out);
    CHECK(found.at(server.url("/flaky/2")).status == 200);
    CHECK(found.at(server.url("/flaky/2")).attempts == 3);
    CHECK(found.at(server.url("/flaky/3")).status == 503);
    CHECK(found.at(server.url("/flaky/3")).attempts == 3);
    CHECK(found.at(server.url("/flaky/3")).error == "");
    CHECK(found.at(server.url("/reset")).status == 0);
    CHECK(found.at(server.url("/reset")).attempts == 3);
    CHECK(found.at(server.url("/reset")).error == "Connection reset by peer");
    CHECK(found.at(server.url("/status/404")).attempts == 1);
    const auto seen = server.stats().per_target;
    CHECK(seen.at("/flaky/2") == 3);
    CHECK(seen.at("/flaky/3") == 3);
    CHECK(seen.at("/status/404") == 1);
}

TEST_CASE("option --retries says how often") {
    const slow_server server;
    const auto ended = run({server.url("/flaky/9"), "--retries", "0", "--quiet"});
    CHECK(ended.status == 0);
    CHECK(parse_results(ended.out).at(0).attempts == 1);
    CHECK(server.stats().requests == 1);
}

TEST_CASE("a connection that was closed while it was idle costs no attempt") {
    const slow_server server;
    std::vector<std::string> urls;
    for (int i = 0; i < 10; ++i) { // each leaves a connection that looks good, and is not
        urls.push_back(server.url(fmt::format("/keep-alive-then-close?i={}", i)));
        urls.push_back(server.url(fmt::format("/page/{}", i)));
    }
    urls.insert(urls.end(), {"-p", "1", "-c", "1", "--retries", "0", "--quiet"});
    const auto ended = run(urls);
    CHECK(ended.status == 0);
    const auto found = results_by_url(ended.out);
    CHECK(found.size() == 20);
    for (const auto& [url, r] : found) {
        INFO(url);
        CHECK(r.status == 200);
        CHECK(r.attempts == 1);
    }
}

TEST_CASE("a page larger than --max-bytes is an error and not saved") {
    const slow_server server;
    const scratch_folder folder;
    const auto ended = run({server.url("/bytes/100000"), server.url("/bytes/100001"),
                            server.url("/chunked/500000"), "--max-bytes", "100kB", "-o",
                            folder / "pages", "--results", "-", "--quiet"});
    CHECK(ended.status == 1);
    const auto found = results_by_url(ended.out);
    CHECK(found.at(server.url("/bytes/100000")).error == "");
    for (const char* target : {"/bytes/100001", "/chunked/500000"}) {
        CHECK(found.at(server.url(target)).error == "the answer's body is too large");
        CHECK(found.at(server.url(target)).attempts == 1); // it will not shrink
    }
    CHECK(files_below(folder / "pages/pages").size() == 1);
}

TEST_CASE("option --timeout ends what does not end, each attempt for itself") {
    const slow_server server;
    const auto ended =
        run({server.url("/hang"), server.url("/drip?bytes=1000000&every=1"), "--timeout",
             "200ms", "--retries", "1", "--quiet"});
    CHECK(ended.status == 1);
    for (const auto& [url, r] : results_by_url(ended.out)) {
        CHECK(r.error == "Connection timed out");
        CHECK(r.attempts == 2);
        CHECK(r.elapsed_ms >= 400);
    }
    CHECK(server.stats().requests == 4);
}

TEST_CASE("option --connect-timeout ends connecting to where nobody answers") {
    // A listener whose queue is full lets connections wait.
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener, any, size) == 0);
    REQUIRE(::listen(listener, 0) == 0);
    REQUIRE(::getsockname(listener, any, &size) == 0);
    std::vector<int> waiting;
    for (int i = 0; i < 4; ++i) {
        waiting.push_back(
            ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        REQUIRE((::connect(waiting.back(), any, size) == 0 || errno == EINPROGRESS));
    }

    const auto ended =
        run({fmt::format("http://127.0.0.1:{}/", ntohs(address.sin_port)),
             "--connect-timeout", "100ms", "--timeout", "1h", "--retries", "0"});
    CHECK(ended.status == 1);
    CHECK(parse_results(ended.out).at(0).error == "Connection timed out");

    for (const int socket : waiting)
        ::close(socket);
    ::close(listener);
}

TEST_CASE("the server sees the user agent that was asked for") {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener, any, size) == 0);
    REQUIRE(::listen(listener, 5) == 0);
    REQUIRE(::getsockname(listener, any, &size) == 0);

    running_program fetcher{
        command({fmt::format("http://127.0.0.1:{}/a?b", ntohs(address.sin_port)),
                 "--user-agent", "Mozilla/5.0 (test)", "--retries", "0", "--quiet"})};
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    std::string request;
    char piece[1000];
    while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = ::read(client, piece, sizeof piece);
        REQUIRE(got > 0);
        request.append(piece, static_cast<std::size_t>(got));
    }
    ::close(client);
    ::close(listener);
    CHECK(fetcher.wait().status == 1);
    CHECK(request.starts_with("GET /a?b HTTP/1.1\r\n"));
    CHECK(request.find("\r\nUser-Agent: Mozilla/5.0 (test)\r\n") != std::string::npos);
}

TEST_CASE("a URL that is listed twice has two results and two files") {
    const slow_server server;
    const scratch_folder folder;
    std::vector<std::string> arguments(40, server.url("/page/1"));
    arguments.insert(arguments.end(), {"-p", "2", "-c", "4", "-o", folder / "pages",
                                       "--results", "-", "-q"});
    const auto ended = run(arguments);
    CHECK(ended.status == 0);
    const auto results = parse_results(ended.out);
    CHECK(results.size() == 40);
    const auto files = files_below(folder / "pages/pages");
    REQUIRE(files.size() == 40);
    for (const auto& file : files)
        CHECK(read_file(file) == slow_server::page_body(1));
}

TEST_CASE("option --overwrite replaces what an earlier run saved") {
    const slow_server server;
    const scratch_folder folder;
    for (int i = 0; i < 2; ++i) {
        const auto ended = run({server.url("/page/1"), "-o", folder / "pages",
                                "--results", folder / "results", "--overwrite", "-q"});
        CHECK(ended.status == 0);
    }
    CHECK(parse_results(read_file(folder / "results")).size() == 1);
    CHECK(files_below(folder / "pages/pages").size() == 1);
}

TEST_CASE("memory does not grow with the list") {
    if (ladder::memory_is_inflated) SKIP("a sanitizer keeps what is freed");
    const slow_server server;
    const scratch_folder folder;
    // Lines that need no network, so that the list is what there is most of.
    const auto peak = [&](int lines) {
        std::string list;
        for (int i = 0; i < lines; ++i)
            list += fmt::format("no URL, but as long as one would be {:0>60}\n", i);
        write_file(folder / "list", list);
        const auto used = ladder::measure(std::vector<std::string>{
            "/bin/sh", "-c",
            fmt::format("cat {} | {} -i - -p 2 -c 16 --results {} -q", folder / "list",
                        program, folder / "results")});
        CHECK(used.exit_status == 1);
        CHECK(count_lines(read_file(folder / "results")) ==
              static_cast<std::size_t>(lines));
        return used.peak_memory;
    };
    const auto few = peak(20'000);
    const auto many = peak(200'000);
    INFO(few << " bytes and " << many << " bytes");
    CHECK(many < few + 8'000'000); // the list alone has 20 MB
}

TEST_CASE("a line that is far too long is one failed URL") {
    const slow_server server;
    const scratch_folder folder;
    write_file(folder / "list", server.url("/page/1") + '\n' +
                                    std::string(5'000'000, 'x') + '\n' +
                                    server.url("/page/2") + '\n' + server.url("/") +
                                    std::string(65'000, 'y'));
    const auto ended = run({"-i", folder / "list", "--retries", "0"});
    CHECK(ended.status == 1);
    const auto results = parse_results(ended.out);
    CHECK(results.size() == 4);
    for (const auto& r : results)
        if (r.url.starts_with("xxx")) CHECK(r.error == "not a valid absolute URL");
    CHECK(ended.err.size() < 1000); // not all of it on the terminal
}

TEST_CASE("few descriptors mean less concurrency, not failure") {
    const slow_server server;
    const scratch_folder folder;
    write_file(folder / "list", page_list(server, 200));
    const auto ended = run({"-i", folder / "list", "-o", folder / "pages", "--results",
                            folder / "results", "-p", "2", "-c", "1000"},
                           {.prepare = [] {
                               const rlimit limit{64, 64};
                               ::setrlimit(RLIMIT_NOFILE, &limit);
                           }});
    CHECK(ended.status == 0);
    CHECK(ended.err.find("using -c 10\n") != std::string::npos);
    check_all_pages(server, 200, "", read_file(folder / "results"), folder / "pages");
    CHECK(server.stats().peak_in_flight <= 20);
}

TEST_CASE("progress is told where it is wanted") {
    const slow_server server;
    const std::vector<std::string> urls{server.url("/page/1"), server.url("/page/2")};
    const auto err = [&](std::vector<std::string> more) {
        more.insert(more.end(), urls.begin(), urls.end());
        const auto ended = run(more);
        CHECK(ended.status == 0);
        CHECK(ended.err.find_first_of("\r\033") == std::string::npos); // no terminal
        return ended.err;
    };
    const auto with_a_bar = [](const std::string& text) {
        return text.find("100%  2/2") != std::string::npos;
    };
    CHECK(with_a_bar(err({"--progress", "always"})));
    CHECK_FALSE(with_a_bar(err({"--progress", "never"})));
    CHECK_FALSE(with_a_bar(err({}))); // over before a line was due
    CHECK(count_lines(err({"--progress", "never"})) == 1);
    CHECK(err({"--progress", "always", "--quiet"}) == "");
}

TEST_CASE("nothing is left of a run") {
    const slow_server server;
    const auto before = ladder::leftovers::now();
    const scratch_folder folder;
    run({server.url("/page/1"), server.url("/hang"), "--timeout", "100ms", "-o",
         folder / "pages", "-q"});
    CHECK(ladder::leftovers::since(before) == "");
    CHECK(parts_below(folder / "pages") == 0);
}
