// What the user is told besides the results: times, a trace, lines of his own; and the
// limits of time that a page has.

#include "fetcher/histogram.hpp"
#include "fetcher/run_times.hpp"
#include "fetcher/speed_watch.hpp"
#include "fetcher/write_out.hpp"
#include "fetcher_program.hpp"
#include "raw_server.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>

using namespace ladder;
using namespace ladder::fetcher;
using namespace ladder::fetcher::test;
using namespace std::chrono_literals;

namespace {

std::string written(std::string_view format, const outcome& o = {},
                    const std::string& error = {}) {
    std::string line;
    write_out{format}.append(line, {.id = 7, .url = "http://u:secret@a/x"}, o, error);
    return line;
}

} // namespace

TEST_CASE("a percentile is right to 7 %, whatever the numbers are") {
    std::mt19937_64 random{1};
    for (const std::uint64_t most : {10ULL, 1'000ULL, 5'000'000ULL, ~0ULL}) {
        std::vector<std::uint64_t> numbers;
        histogram h;
        for (int i = 0; i < 1000; ++i) {
            numbers.push_back(random() % most);
            h.add(numbers.back());
        }
        std::ranges::sort(numbers);
        for (const double part : {0.0, 0.01, 0.5, 0.9, 0.99, 1.0}) {
            const auto rank = static_cast<std::size_t>(std::max(part * 1000, 1.0)) - 1;
            const auto exact = static_cast<double>(numbers[rank]);
            CHECK(static_cast<double>(h.percentile(part)) >= exact);
            CHECK(static_cast<double>(h.percentile(part)) <= exact * 1.07 + 1);
        }
        CHECK(h.percentile(1) == numbers.back());
        CHECK(h.largest() == numbers.back());
    }
    CHECK(histogram{}.percentile(0.5) == 0);
}

TEST_CASE("times are counted by status and by host, and a million hosts are no problem") {
    run_times times;
    for (int i = 0; i < 3'000; ++i)
        times.add({.url = fmt::format("http://h{}/", i)},
                  {.status = i % 2 == 0 ? 200 : 404, .elapsed = 12ms});
    times.add({.url = "http://h7/"}, {.elapsed = 12ms});
    const std::string table = times.table();
    CHECK(contains(table, "\nall                        3001 "));
    CHECK(contains(table, "\nstatus 200                 1500 "));
    CHECK(contains(table, "\nno answer                     1 "));
    CHECK(contains(table, "\nh7                            2 "));
    CHECK(contains(table, "\nhosts not counted          2000 "));
    CHECK(contains(table, "\nand 980 more hosts\n"));
    CHECK(std::ranges::count(table, '\n') < 30);
}

TEST_CASE("a line of one's own is written as curl would") {
    const outcome o{.status = 200,
                    .bytes = 5,
                    .attempts = 3,
                    .elapsed = 1'234'567us,
                    .file = "pages/0/7",
                    .redirects = 2,
                    .final_url = "http://b/",
                    .times = {.found = 1us, .connected = 2us, .first_byte = 1s},
                    .content_type = "text/html"};
    CHECK(written("%{http_code} %{url}\\n", o) == "200 http://u:***@a/x\n");
    CHECK(written("%{url_effective}|%{num_redirects}|%{num_retries}|%{urlnum}", o) ==
          "http://b/|2|2|7");
    CHECK(written("%{time_total} %{time_connect} %{time_starttransfer}", o) ==
          "1.234567 0.000002 1.000000");
    CHECK(written("%{content_type},%{size_download},%{filename_effective}", o) ==
          "text/html,5,pages/0/7");
    CHECK(written("%%{url}\\t\\\\%x\\q") == "%{url}\t\\%x\\q");
    CHECK(written("%{http_code}:%{errormsg}", {}, "why") == "000:why");
    CHECK(written("%{url_effective}") == "http://u:***@a/x");
    CHECK(written("%{json}", o).starts_with(R"({"n":7,"url":"http://u:***@a/x")"));
    CHECK(written("") == "");
    for (const char* wrong : {"%{nothing}", "%{url", "%{"})
        CHECK_THROWS_AS(write_out{wrong}, std::invalid_argument);
}

TEST_CASE("a speed is so many bytes in a time") {
    CHECK(parse_speed("1KB/s") == minimum_speed{1000, 1000ms});
    CHECK(parse_speed("500") == minimum_speed{500, 1000ms});
    CHECK(parse_speed("2MiB/10s") == minimum_speed{2 << 20, 10'000ms});
    for (const char* wrong : {"", "/s", "fast", "0/s", "-1/s", "1KB/", "1KB/5", "1/0s"})
        CHECK_FALSE(parse_speed(wrong));
}

TEST_CASE(
    "an answer is too slow when one window has too little, but not before it begins") {
    const speed_watch::time_point start{1h};
    speed_watch watch{{.bytes = 100, .window = 1000ms}};
    CHECK_FALSE(watch.too_slow(0, start + 1h)); // for that there is a timeout
    CHECK(watch.look_at(start + 5h) == start + 5h);
    const auto first = start + 2h;
    CHECK_FALSE(watch.too_slow(1, first));
    CHECK(watch.look_at(start + 5h) == first + 1s);
    CHECK(watch.look_at(first + 1ms) == first + 1ms);
    CHECK_FALSE(watch.too_slow(60, first + 500ms));
    CHECK_FALSE(watch.too_slow(40, first + 1s));
    CHECK_FALSE(watch.too_slow(99, first + 1999ms));
    CHECK(watch.too_slow(0, first + 2s));
    speed_watch any{{}};
    CHECK_FALSE(any.too_slow(1, start));
    CHECK_FALSE(any.too_slow(0, start + 9h));
}

TEST_CASE("option --write-out takes the place of the JSON, on stdout only") {
    const slow_server server;
    const scratch_folder folder;
    auto ended = run({server.url("/page/1"), "-w", "%{http_code} %{urlnum}\\n", "-q"});
    CHECK(ended.out == "200 1\n");
    CHECK(ended.status == 0);
    ended = run({server.url("/status/404"), "-w", "%{http_code}\\n", "-q", "--results",
                 folder / "results"});
    CHECK(ended.out == "404\n");
    CHECK(parse_results(read_file(folder / "results")).at(0).status == 404);
    ended = run({server.url("/page/1"), "-w", "%{file}", "-q"});
    CHECK(ended.status == 2);
    CHECK(count_lines(ended.err) == 1);
    CHECK(contains(ended.err, "there is no '%{file}'; there are: "));
}

TEST_CASE("option --stats says how long it took, also when it is to be quiet") {
    const slow_server server;
    const auto ended = run({server.url("/page/1?delay=50"), server.url("/status/404"),
                            "http://127.0.0.1:1/", "--retries", "0", "--stats", "-q"});
    CHECK(contains(ended.err, "\nall                           3 "));
    CHECK(contains(ended.err, "\nstatus 404                    1 "));
    CHECK(contains(ended.err, "\nno answer                     1 "));
    CHECK(contains(ended.err, "\n127.0.0.1                     3 "));
    CHECK(parse_results(ended.out).size() == 3);
}

TEST_CASE("option --trace has each request, with its parts, one at a time in a fiber") {
    const slow_server server;
    const scratch_folder folder;
    std::vector<std::string> arguments = server.pages(20, 5ms);
    arguments.insert(arguments.end(), {server.url("/redirect/1"), "-p", "2", "-c", "3",
                                       "-q", "--trace", folder / "trace"});
    arguments.push_back(server.url("/page/1?\xe4")); // which is no UTF-8
    CHECK(run(arguments).status == 0);
    const auto events = boost::json::parse(read_file(folder / "trace")).as_array();
    std::map<std::string, int> names;
    std::map<std::pair<std::int64_t, std::int64_t>,
             std::vector<std::pair<std::int64_t, std::int64_t>>>
        requests;
    for (const auto& e : events) {
        const std::string name{e.at("name").as_string()};
        ++names[name.starts_with("http") ? "request" : name];
        const std::int64_t ts = e.at("ts").as_int64(), length = e.at("dur").as_int64();
        CHECK(ts >= 0);
        CHECK(length >= 0);
        if (name.starts_with("http"))
            requests[{e.at("pid").as_int64(), e.at("tid").as_int64()}].emplace_back(
                ts, ts + length);
    }
    CHECK(names["request"] == 23);
    CHECK(names["wait for the first byte"] == 23);
    CHECK(names["connect"] >= 1);
    CHECK(requests.size() <= 6);
    for (auto& [fiber, spans] : requests) {
        std::ranges::sort(spans);
        for (std::size_t i = 1; i < spans.size(); ++i)
            CHECK(spans[i - 1].second <= spans[i].first);
    }
    CHECK(run({server.url("/page/1"), "--trace", "/no/such/folder/x", "-q"}).status == 2);
    write_file(folder / "list", server.url("/page/1\n"));
    CHECK(run({"-i", folder / "list", "--trace", folder / "list", "-q"}).status == 2);
    CHECK(read_file(folder / "list") == server.url("/page/1\n"));
}

TEST_CASE("option --minimum-speed ends what drips, and not what is late") {
    const slow_server server;
    const auto found =
        results_by_url(run({server.url("/drip?bytes=1000&every=20"),
                            server.url("/delay/400"), server.url("/bytes/100000"),
                            "--minimum-speed", "1KB/150ms", "--retries", "0", "-q"})
                           .out);
    CHECK(found.at(server.url("/drip?bytes=1000&every=20")).error ==
          "the answer came too slowly");
    CHECK(found.at(server.url("/delay/400")).error == "");
    CHECK(found.at(server.url("/bytes/100000")).error == "");
    CHECK(run({"http://127.0.0.1:1/", "--minimum-speed", "fast"}).status == 2);
}

TEST_CASE("option --deadline is for all attempts, redirects and waits of a URL") {
    const slow_server server;
    std::atomic<int> asked = 0;
    const raw_server busy{[&](std::string_view, int) {
        ++asked;
        return raw_server::answer{
            "HTTP/1.1 503 No\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n"};
    }};
    const auto start = std::chrono::steady_clock::now();
    const auto found =
        results_by_url(run({server.url("/hang"), busy.url("/"), server.url("/page/1"),
                            "--timeout", "20s", "--deadline", "300ms", "-q"})
                           .out);
    CHECK(std::chrono::steady_clock::now() - start < 9s); // nobody waits for the 503
    CHECK(found.at(server.url("/hang")).error == "Connection timed out");
    CHECK(found.at(server.url("/hang")).elapsed_ms >= 300);
    CHECK(found.at(busy.url("/")).status == 503);
    CHECK(asked == 1);
    CHECK(found.at(server.url("/page/1")).status == 200);
}
