// The faulty server gives exactly the faults it promises: seen through raw sockets,
// through http_exchange, and by curl, which shares no code with it.

#include "leftovers.hpp"
#include "unused_port.hpp"
#include "workbench/http_exchange.hpp"
#include "workbench/page.hpp"
#include "workbench/slow_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

using ladder::http_error;
using ladder::page;
using ladder::slow_server;

namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

/// One connection with blocking calls.
class client {
public:
    explicit client(const slow_server& server)
        : url_(server.url("")),
          socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) !=
            0)
            fail("connect");
    }

    ~client() {
        if (socket_ >= 0) ::close(socket_);
    }

    client(client&& other) noexcept
        : url_(std::move(other.url_)),
          socket_(std::exchange(other.socket_, -1)) {}

    client& operator=(client&&) = delete;

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (size < 0) fail("send");
            bytes.remove_prefix(static_cast<std::size_t>(size));
        }
    }

    void ask(std::string_view target) {
        send(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", target));
    }

    /// Exactly so many bytes; fewer if the connection ends.
    std::string receive(std::size_t size) {
        std::string bytes(size, '\0');
        const auto got = ::recv(socket_, bytes.data(), size, MSG_WAITALL);
        if (got < 0) fail("recv");
        bytes.resize(static_cast<std::size_t>(got));
        return bytes;
    }

    std::string receive_until_end() {
        std::string bytes;
        for (;;) {
            const std::string piece = receive(4096);
            bytes += piece;
            if (piece.size() < 4096) return bytes;
        }
    }

    bool has_something_to_read() const {
        pollfd now{.fd = socket_, .events = POLLIN, .revents = 0};
        return ::poll(&now, 1, 0) == 1;
    }

    /// The answer to a request that was already sent.
    page answer() {
        page result;
        ladder::http_exchange exchange{ladder::parse_url(url_, result.error)};
        while (!exchange.done()) {
            const auto room = exchange.room();
            const auto size = ::recv(socket_, room.data(), room.size(), 0);
            if (size < 0) {
                result.error = {errno, std::generic_category()};
                return result;
            }
            exchange.received(static_cast<std::size_t>(size));
        }
        last_keeps_alive = exchange.keep_alive();
        result.status = exchange.status();
        result.error = exchange.error();
        result.body = exchange.take_body();
        return result;
    }

    page get(std::string_view target) {
        ask(target);
        return answer();
    }

    bool last_keeps_alive = false;

private:
    std::string url_;
    int socket_;
};

page get(const slow_server& server, std::string_view target) {
    return client{server}.get(target);
}

std::string raw(const slow_server& server, std::string_view target) {
    client c{server};
    c.send(
        fmt::format("GET {} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", target));
    return c.receive_until_end();
}

/// Asks again until it is so; the watchdog ends a wait that is in vain.
template <class Condition>
void wait_until(Condition condition) {
    while (!condition())
        std::this_thread::yield();
}

struct outcome {
    int status = -1; ///< Of the process.
    std::string output;
};

outcome run(const std::string& command) {
    std::FILE* pipe = ::popen(command.c_str(), "re");
    if (!pipe) fail("popen");
    outcome result;
    std::array<char, 4096> piece{};
    while (const auto size = std::fread(piece.data(), 1, piece.size(), pipe))
        result.output.append(piece.data(), size);
    const int status = ::pclose(pipe);
    if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
    return result;
}

const std::string program = LADDER_BIN_DIR "/slow_server";

/// What curl prints is the body, a line end and the status of the last answer.
outcome curl(const slow_server& server, std::string_view target,
             std::string_view options = "") {
    return run(fmt::format("curl -q -s --noproxy '*' -w '\\n%{{http_code}}' {} '{}' 2>&1",
                           options, server.url(target)));
}

void need_curl() {
    if (run("command -v curl").status != 0) SKIP("curl is not installed");
}

std::chrono::nanoseconds cpu_time(pid_t pid) {
    clockid_t clock{};
    timespec now{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &now) != 0)
        fail("clock_gettime");
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

} // namespace

// ---- what is answered ----

TEST_CASE("pages are the same every time and differ from each other") {
    const slow_server server;
    for (const std::uint64_t number : {0ull, 1ull, 2ull, 1'999'999ull, ~0ull}) {
        const page p = get(server, fmt::format("/page/{}", number));
        CHECK_FALSE(p.error);
        CHECK(p.status == 200);
        CHECK(p.body == slow_server::page_body(number));
        CHECK(p.body.size() > 800);
        CHECK(p.body.size() < 4'000);
    }
    CHECK(slow_server::page_body(1) != slow_server::page_body(2));
    CHECK(slow_server::page_body(1).size() != slow_server::page_body(2).size());
    CHECK(get(server, "/page/3?delay=1").body == slow_server::page_body(3));
}

TEST_CASE("bytes and chunks carry the same body, whatever its size") {
    const slow_server server;
    for (const std::size_t size : {0, 1, 2, 1'000, 65'521, 65'522, 1'000'000}) {
        CAPTURE(size);
        const std::string expected = slow_server::bytes_body(size);
        REQUIRE(expected.size() == size);
        client c{server};
        CHECK(c.get(fmt::format("/bytes/{}", size)).body == expected);
        CHECK(c.get(fmt::format("/chunked/{}", size)).body == expected);
        CHECK(c.last_keeps_alive);
    }
}

TEST_CASE("a chunked answer has odd chunks and a trailer") {
    const slow_server server;
    const std::string answer = raw(server, "/chunked/20");
    const std::string body = slow_server::bytes_body(20);
    CHECK(answer.find("Content-Length") == std::string::npos);
    CHECK(answer.ends_with("\r\n\r\n1\r\n" + body.substr(0, 1) + "\r\n7\r\n" +
                           body.substr(1, 7) + "\r\nc\r\n" + body.substr(8) +
                           "\r\n0\r\nX-Body-Size: 20\r\n\r\n"));
}

TEST_CASE("every kind of broken answer is told apart") {
    const slow_server server;
    CHECK(get(server, "/reset").error == std::errc::connection_reset);
    CHECK(get(server, "/truncate").error == http_error::truncated);
    CHECK(get(server, "/broken-chunk").error == http_error::malformed);
    CHECK(get(server, "/bad-header").error == http_error::malformed);
    CHECK(get(server, "/huge-header").error == http_error::header_too_large);
    CHECK(raw(server, "/huge-header").size() > 60'000);
}

TEST_CASE("a status is answered as it was asked for, and an unknown target with 404") {
    const slow_server server;
    client c{server};
    for (const int status : {200, 204, 304, 404, 500, 599, 999}) {
        const page p = c.get(fmt::format("/status/{}", status));
        CHECK_FALSE(p.error);
        CHECK(p.status == status);
    }
    for (const auto* target :
         {"/status/100", "/status/1000", "/page/", "/page/x", "/page", "/pagex/1",
          "/page/1/2", "/page/-1", "/bytes/10000000001", "/page/18446744073709551616",
          "/nothing", "/stats/x", "*"}) {
        CAPTURE(target);
        CHECK(c.get(target).status == 404);
    }
    CHECK(c.last_keeps_alive);
}

TEST_CASE("the start page lists every target") {
    const slow_server server;
    const std::string help = get(server, "/").body;
    for (const auto* name : {"/page/N",
                             "/delay/MS",
                             "/bytes/N",
                             "/chunked/N",
                             "/status/CODE",
                             "/redirect/N",
                             "/gate/N",
                             "/flaky/N",
                             "/retry-after/S",
                             "/hang",
                             "/drip?",
                             "/reset",
                             "/truncate",
                             "/broken-chunk",
                             "/bad-header",
                             "/huge-header",
                             "/early-hints",
                             "/close",
                             "/keep-alive-then-close",
                             "/http10",
                             "/stats",
                             "/stats/reset"}) {
        CAPTURE(name);
        CHECK(help.find(name) != std::string::npos);
    }
}

TEST_CASE("a redirection leads to page 0 in as many steps as asked for") {
    const slow_server server;
    CHECK(raw(server, "/redirect/2").find("\r\nLocation: /redirect/1\r\n") < 300);
    CHECK(raw(server, "/redirect/1").find("\r\nLocation: /page/0\r\n") < 300);
    CHECK(get(server, "/redirect/1").status == 302);
    CHECK(get(server, "/redirect/0").body == slow_server::page_body(0));
}

TEST_CASE("a drip arrives byte by byte") {
    const slow_server server;
    client c{server};
    CHECK(c.get("/drip?bytes=5&every=1").body == ".....");
    CHECK(c.get("/drip?bytes=0&every=1").body.empty());
    CHECK(c.last_keeps_alive);
}

TEST_CASE("early hints come before the answer") {
    const slow_server server;
    const std::string answer = raw(server, "/early-hints");
    CHECK(answer.starts_with("HTTP/1.1 103 Early Hints\r\n"));
    CHECK(answer.find("\r\n\r\nHTTP/1.1 200 OK\r\n") != std::string::npos);
    CHECK(get(server, "/early-hints").status == 200);
}

TEST_CASE("flaky answers fail as often as asked for, each target for itself") {
    const slow_server server;
    for (const auto* target : {"/flaky/2", "/flaky/2?other"}) {
        CHECK(get(server, target).status == 503);
        CHECK(get(server, target).status == 503);
        CHECK(get(server, target).status == 200);
        CHECK(get(server, target).status == 200);
    }
    server.reset_stats();
    CHECK(get(server, "/flaky/2").status == 503);
}

TEST_CASE("retry-after says when to come back and then lets in") {
    const slow_server server;
    const std::string first = raw(server, "/retry-after/7");
    CHECK(first.starts_with("HTTP/1.1 503 "));
    CHECK(first.find("\r\nRetry-After: 7\r\n") != std::string::npos);
    CHECK(get(server, "/retry-after/7").status == 200);
}

// ---- connections ----

TEST_CASE("a connection carries one request after the other") {
    const slow_server server;
    client c{server};
    for (int i = 0; i < 10; ++i)
        CHECK(c.get(fmt::format("/page/{}", i)).body == slow_server::page_body(i));
    CHECK(server.stats().connections == 1);
    CHECK(server.stats().requests == 10);
}

TEST_CASE("pipelined requests are answered in order") {
    const slow_server server;
    client c{server};
    std::string requests;
    for (int i = 0; i < 500; ++i) // several times what the server takes in at once
        requests += fmt::format("GET /status/{} HTTP/1.1\r\nHost: a\r\n\r\n", 400 + i);
    c.send("GET /delay/20 HTTP/1.1\r\nHost: a\r\n\r\n" + requests);
    c.send("GET /close HTTP/1.1\r\nHost: a\r\n\r\n");

    const std::string answers = c.receive_until_end();
    std::size_t at = 0;
    CHECK(answers.starts_with("HTTP/1.1 200 "));
    for (int i = 0; i < 500 && at != std::string::npos; ++i)
        at = answers.find(fmt::format("HTTP/1.1 {} ", 400 + i), at);
    CHECK(at != std::string::npos);
    CHECK(answers.ends_with("goodbye\n"));
    CHECK(server.stats().peak_in_flight == 1);
}

TEST_CASE("a request may arrive byte by byte") {
    const slow_server server;
    client c{server};
    for (const char byte : std::string_view{"GET /page/1 HTTP/1.1\r\nHost: a\r\n\r\n"})
        c.send({&byte, 1});
    CHECK(c.answer().body == slow_server::page_body(1));
}

TEST_CASE("what is no GET request is refused and not counted as a page") {
    const slow_server server;
    const auto first_line = [&](std::string_view request) {
        client c{server};
        c.send(request);
        const std::string answer = c.receive_until_end();
        return answer.substr(0, answer.find('\r'));
    };
    CHECK(first_line("nonsense\r\n\r\n") == "HTTP/1.1 400 Bad Request");
    CHECK(first_line("POST /page/1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nab") ==
          "HTTP/1.1 405 Method Not Allowed");
    CHECK(first_line("GET / HTTP/1.0\r\nX: " + std::string(8'000, 'x') + "\r\n\r\n")
              .starts_with("HTTP/1.1 200"));
    CHECK(first_line("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x'))
              .starts_with("HTTP/1.1 431"));
    CHECK(server.stats().in_flight == 0);
}

TEST_CASE("the connection ends after an answer that says so") {
    const slow_server server;
    for (const auto* target : {"/close", "/http10"}) {
        client c{server};
        CHECK(c.get(target).status == 200);
        CHECK_FALSE(c.last_keeps_alive);
    }
    client asks_to_close{server};
    asks_to_close.send("GET /page/1 HTTP/1.1\r\nConnection: close\r\n\r\n");
    CHECK(asks_to_close.receive_until_end().find("\r\nConnection: close\r\n") < 300);

    client old{server};
    old.send("GET /page/1 HTTP/1.0\r\n\r\n");
    CHECK(old.receive_until_end().ends_with(slow_server::page_body(1)));
}

TEST_CASE("a connection that promises to stay and does not is found stale") {
    const slow_server server;
    client c{server};
    CHECK(c.get("/keep-alive-then-close").status == 200);
    CHECK(c.last_keeps_alive);
    CHECK(c.receive(1).empty());
}

// ---- what is counted ----

TEST_CASE("the server counts requests, targets and connections, but not who asks") {
    const slow_server server;
    {
        client a{server};
        client b{server};
        a.get("/page/1");
        a.get("/page/1");
        b.get("/page/1?delay=0");
        b.get("/nothing");
        const auto stats = server.stats();
        CHECK(stats.requests == 4);
        CHECK(stats.in_flight == 0);
        CHECK(stats.peak_in_flight == 1);
        CHECK(stats.connections == 2);
        CHECK(stats.open_connections == 2);
        CHECK(stats.per_target ==
              std::map<std::string, std::uint64_t>{
                  {"/page/1", 2}, {"/page/1?delay=0", 1}, {"/nothing", 1}});

        server.reset_stats();
        CHECK(server.stats().requests == 0);
        CHECK(server.stats().connections == 0);
        CHECK(server.stats().peak_in_flight == 0);
        CHECK(server.stats().open_connections == 2);
        CHECK(server.stats().per_target.empty());
    }
    wait_until([&] { return server.stats().open_connections == 0; });
    client mixed{server};
    mixed.get("/stats");
    CHECK(server.stats().connections == 0);
    mixed.get("/page/1");
    CHECK(server.stats().connections == 1);
    mixed.get("/stats");
    CHECK(server.stats().connections == 1);
    CHECK(server.stats().open_connections == 1);
}

TEST_CASE("the gate holds everybody until enough have come") {
    const slow_server server;
    std::vector<client> clients;
    for (int i = 0; i < 5; ++i)
        clients.emplace_back(server);
    for (int i = 0; i < 4; ++i)
        clients[i].ask(fmt::format("/gate/5?i={}", i));
    client other{server};
    other.ask("/gate/5?name=other");
    wait_until([&] { return server.stats().in_flight == 5; });
    for (const client& c : clients)
        CHECK_FALSE(c.has_something_to_read());

    clients[4].ask("/gate/5?i=4");
    for (client& c : clients)
        CHECK(c.answer().body == "5 met\n");
    CHECK_FALSE(other.has_something_to_read());
    CHECK(server.stats().in_flight == 1);
    CHECK(server.stats().peak_in_flight == 6);
    CHECK(get(server, "/gate/1").status == 200); // and again, for the next ones
    CHECK(get(server, "/gate/1").status == 200);
}

TEST_CASE("who gives up does not count at the gate") {
    const slow_server server;
    {
        client gives_up{server};
        gives_up.ask("/gate/2");
        wait_until([&] { return server.stats().in_flight == 1; });
    }
    wait_until([&] { return server.stats().in_flight == 0; });
    client one{server};
    one.ask("/gate/2");
    wait_until([&] { return server.stats().in_flight == 1; });
    CHECK_FALSE(one.has_something_to_read());
    CHECK(get(server, "/gate/2").status == 200);
    CHECK(one.answer().status == 200);
}

TEST_CASE("the peak in flight is the number of requests that wait at the same time") {
    const slow_server server;
    std::vector<client> clients;
    for (int i = 0; i < 1'000; ++i)
        clients.emplace_back(server);
    for (client& c : clients)
        c.ask("/gate/1000");
    for (client& c : clients)
        CHECK(c.answer().status == 200);
    CHECK(server.stats().peak_in_flight == 1'000);
    CHECK(server.stats().in_flight == 0);

    server.reset_stats();
    for (client& c : clients)
        c.get("/delay/0");
    CHECK(server.stats().peak_in_flight == 1);
}

TEST_CASE("a client that gives up is noticed, whatever it waits for") {
    const slow_server server;
    for (const auto* target : {"/hang", "/delay/86400000", "/bytes/10000000000",
                               "/chunked/10000000000", "/drip?bytes=100000&every=1000"}) {
        CAPTURE(target);
        {
            client c{server};
            c.ask(target);
            wait_until([&] { return server.stats().in_flight == 1; });
        }
        wait_until([&] {
            const auto stats = server.stats();
            return stats.in_flight == 0 && stats.open_connections == 0;
        });
    }
    CHECK(server.stats().peak_in_flight == 1);
}

// ---- by a client of somebody else ----

TEST_CASE("curl gets whole answers") {
    need_curl();
    const slow_server server;
    const auto expect = [&](std::string_view target, int status, const std::string& body,
                            std::string_view options = "") {
        CAPTURE(target);
        const outcome result = curl(server, target, options);
        CHECK(result.status == 0);
        CHECK(result.output == fmt::format("{}\n{}", body, status));
    };
    expect("/page/42", 200, slow_server::page_body(42));
    expect("/page/42?delay=5", 200, slow_server::page_body(42));
    expect("/delay/5", 200, "waited 5 ms\n");
    expect("/bytes/200000", 200, slow_server::bytes_body(200'000));
    expect("/chunked/200000", 200, slow_server::bytes_body(200'000));
    expect("/drip?bytes=3&every=1", 200, "...");
    expect("/status/418", 418, "status 418\n");
    expect("/status/204", 204, "");
    expect("/redirect/3", 200, slow_server::page_body(0), "-L --max-redirs 3");
    expect("/gate/1", 200, "1 met\n");
    expect("/close", 200, "goodbye\n");
    expect("/http10", 200, "the old way\n");
    expect("/early-hints", 200, "and now the answer\n");
    expect("/huge-header", 200, "at last\n");
    expect("/keep-alive-then-close", 200, "until now\n");
    expect("/nothing", 404, "no such target; / has a list\n");
    expect("/flaky/1", 503, "not yet\n");
    expect("/flaky/1", 200, "answered at try 2\n");
    expect("/retry-after/1?x", 503, "not yet\n");
    expect("/retry-after/1?x", 200, "welcome back\n");
}

TEST_CASE("curl names every fault") {
    need_curl();
    const slow_server server;
    CHECK(curl(server, "/hang", "--max-time 0.3").status == 28);
    CHECK(curl(server, "/drip?bytes=1000000&every=1", "--max-time 0.3").status == 28);
    CHECK(curl(server, "/reset").status == 56);
    CHECK(curl(server, "/truncate").status == 18);
    CHECK(curl(server, "/broken-chunk").status == 56);
    CHECK(curl(server, "/redirect/4", "-L --max-redirs 3").status == 47);
    const int bad_header = curl(server, "/bad-header").status;
    CHECK((bad_header == 8 || bad_header == 1)); // by version
    wait_until([&] { return server.stats().in_flight == 0; });
}

TEST_CASE("curl finds the stale connection and tries again on a new one") {
    need_curl();
    const slow_server server;
    const outcome result =
        run(fmt::format("curl -q -s --noproxy '*' '{0}' '{0}' '{1}'",
                        server.url("/keep-alive-then-close"), server.url("/close")));
    CHECK(result.status == 0);
    CHECK(result.output == "until now\nuntil now\ngoodbye\n");
    CHECK(server.stats().connections == 3);
}

// ---- the program and its owner ----

TEST_CASE("the server leaves nothing behind") {
    const auto before = ladder::leftovers::now();
    {
        const slow_server server;
        const slow_server another;
        CHECK(server.port() != another.port());
        get(server, "/page/1");
    }
    CHECK(ladder::leftovers::since(before) == "");
}

TEST_CASE("a question to the server survives signals") {
    const slow_server server;
    struct sigaction before {};
    struct sigaction interrupting {}; // without SA_RESTART

    static volatile std::sig_atomic_t signals = 0;
    interrupting.sa_handler = [](int) { signals = signals + 1; };
    ::sigaction(SIGALRM, &interrupting, &before);
    const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 100},
                          .it_value = {.tv_sec = 0, .tv_usec = 100}};
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    int failed = 0;
    std::string last;
    for (int i = 0; i < 1'000; ++i)
        try {
            server.stats();
        } catch (const std::exception& error) {
            ++failed;
            last = error.what();
        }
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before, nullptr);
    CAPTURE(last);
    CHECK(failed == 0);
    CHECK(signals > 0);
}

TEST_CASE("the server ends quietly when it is told to") {
    for (const int signal : {SIGTERM, SIGINT}) {
        const slow_server server;
        client waits{server};
        waits.ask("/hang");
        wait_until([&] { return server.stats().in_flight == 1; });
        ::kill(server.pid(), signal);
        siginfo_t end{};
        // Looks at the end and leaves it to the owner to collect.
        REQUIRE(::waitid(P_PID, server.pid(), &end, WEXITED | WNOWAIT) == 0);
        CHECK(end.si_code == CLD_EXITED);
        CHECK(end.si_status == 0);
    }
}

TEST_CASE("the server ends when its standard input does") {
    const outcome file = run(program + " --until-eof </dev/null");
    CHECK(file.status == 0);
    const outcome pipe = run("echo ignored | " + program + " --until-eof");
    CHECK(pipe.status == 0);
    CHECK(pipe.output.starts_with("listening on http://127.0.0.1:"));
    CHECK(pipe.output.find('\n') == pipe.output.size() - 1);
    CHECK(run(program + " --until-eof --address 127.1.2.3 </dev/null")
              .output.starts_with("listening on http://127.1.2.3:"));
}

TEST_CASE("a busy port and a bad option are told in one line") {
    const ladder::unused_port busy;
    const outcome result =
        run(fmt::format("{} --port {} 2>&1 </dev/null", program, busy.number()));
    CHECK(result.status == 1);
    CHECK(result.output ==
          fmt::format(
              "slow_server: cannot listen on 127.0.0.1:{}: Address already in use\n",
              busy.number()));
    CHECK(run(program + " --nonsense 2>&1").status == 2);
    CHECK(run(program + " --port 65536 2>&1").status == 2);
    CHECK(run(program + " --address 0.0.0.0 2>&1").status == 2);
    CHECK(run(program + " --address ::1 2>&1").status == 2);
    CHECK(run(program + " --help").status == 0);
}

TEST_CASE("the server dies with an owner that had no time to say goodbye") {
    std::array<int, 2> tell{};
    REQUIRE(::pipe2(tell.data(), O_CLOEXEC) == 0);
    std::fflush(stdout); // or the child's copy of it is printed as well
    const pid_t owner = ::fork();
    if (owner == 0) {
        const slow_server server;
        const pid_t pid = server.pid();
        if (::write(tell[1], &pid, sizeof pid) != sizeof pid) ::_exit(1);
        for (;;)
            ::pause();
    }
    REQUIRE(owner > 0);
    pid_t server = -1;
    REQUIRE(::read(tell[0], &server, sizeof server) == sizeof server);
    // Whoever loses its parent becomes a child of this process, which can wait for it.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::kill(owner, SIGKILL);
    CHECK(::waitpid(owner, nullptr, 0) == owner);
    int status = -1;
    CHECK(::waitpid(server, &status, 0) == server);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    for (const int end : tell)
        ::close(end);
}

TEST_CASE("a forked child does not end its parent's server") {
    auto server = std::make_unique<slow_server>();
    const pid_t child = ::fork();
    if (child == 0) {
        server.reset();
        ::_exit(0);
    }
    REQUIRE(child > 0);
    ::waitpid(child, nullptr, 0);
    CHECK(get(*server, "/page/1").status == 200);
}

TEST_CASE("out of descriptors, the server serves everybody and does not spin") {
    const slow_server server;
    const rlimit few{.rlim_cur = 32, .rlim_max = 32};
    REQUIRE(::prlimit(server.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);

    std::vector<client> clients;
    for (int i = 0; i < 100; ++i)
        clients.emplace_back(server);
    for (std::size_t i = 1; i < clients.size(); ++i)
        clients[i].ask(fmt::format("/page/{}", i));
    for (std::size_t i = 1; i < 15; ++i)
        CHECK(clients[i].answer().body == slow_server::page_body(i));
    const auto before = cpu_time(server.pid());
    CHECK(clients[0].get("/delay/300").status == 200);
    CHECK(cpu_time(server.pid()) - before < std::chrono::milliseconds{150});

    for (std::size_t i = 0; i < clients.size(); ++i) {
        if (i >= 15) CHECK(clients[i].answer().body == slow_server::page_body(i));
        const client done{std::move(clients[i])}; // makes room for one that still waits
    }
    CHECK(server.stats().requests == 100);
    CHECK(server.stats().in_flight == 0);
}
