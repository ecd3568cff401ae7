// In one thread: ThreadSanitizer has nothing to say here.

#include "fetcher/protocol.hpp"
#include "workbench/http_exchange.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace ladder::fetcher;
using namespace std::chrono_literals;
using ladder::http_error;

namespace {

/// The only frame in the bytes.
std::string frame_of(const std::string& bytes) {
    frame_reader frames;
    frames.append(bytes);
    const auto frame = frames.next();
    REQUIRE(frame);
    std::string copy{*frame};
    CHECK_FALSE(frames.next());
    return copy;
}

template <class T>
std::string encode(const T& value) {
    std::string bytes;
    append_frame(bytes, value);
    return bytes;
}

} // namespace

TEST_CASE("settings arrive as they were sent") {
    const worker_settings sent{.number = 7,
                               .supervisor = 4711,
                               .concurrency = 100'000,
                               .timeout = 1500ms,
                               .connect_timeout = 1ms,
                               .retries = 3,
                               .max_bytes = 1'000'000'000'000,
                               .user_agent = "a b/1 (c)",
                               .folder = "/d/\xff",
                               .parts = ".parts-4711-7"};
    const worker_settings got = decode_settings(frame_of(encode(sent)));
    CHECK(got.number == sent.number);
    CHECK(got.supervisor == sent.supervisor);
    CHECK(got.concurrency == sent.concurrency);
    CHECK(got.timeout == sent.timeout);
    CHECK(got.connect_timeout == sent.connect_timeout);
    CHECK(got.retries == sent.retries);
    CHECK(got.max_bytes == sent.max_bytes);
    CHECK(got.user_agent == sent.user_agent);
    CHECK(got.folder == sent.folder);
    CHECK(got.parts == sent.parts);
}

TEST_CASE("a task arrives as it was sent, whatever its URL holds") {
    using namespace std::string_literals;
    const task sent{.id = ~0ull, .url = "http://x/\0\r\n\xff{}"s};
    const task got = decode_task(frame_of(encode(sent)));
    CHECK(got.id == sent.id);
    CHECK(got.url == sent.url);
}

TEST_CASE("an outcome arrives as it was sent") {
    const outcome sent{.id = 1,
                       .status = 206,
                       .bytes = 5'000'000'000,
                       .error = std::make_error_code(std::errc::no_space_on_device),
                       .disk_failed = true,
                       .given_back = true,
                       .attempts = 3,
                       .elapsed = 123'456us,
                       .sha256 = std::string(64, 'a'),
                       .file = "ab/cd"};
    const outcome got = decode_outcome(frame_of(encode(sent)));
    CHECK(got.id == sent.id);
    CHECK(got.status == sent.status);
    CHECK(got.bytes == sent.bytes);
    CHECK(got.error == std::errc::no_space_on_device);
    CHECK(got.disk_failed);
    CHECK(got.given_back);
    CHECK(got.attempts == sent.attempts);
    CHECK(got.elapsed == sent.elapsed);
    CHECK(got.sha256 == sent.sha256);
    CHECK(got.file == sent.file);
}

TEST_CASE("an error keeps its meaning on the way") {
    for (const std::error_code sent :
         {std::error_code{}, make_error_code(http_error::body_too_large),
          std::error_code{ECONNRESET, std::system_category()},
          std::make_error_code(std::errc::timed_out)}) {
        const outcome got = decode_outcome(frame_of(encode(outcome{.error = sent})));
        CHECK(static_cast<bool>(got.error) == static_cast<bool>(sent));
        CHECK(got.error.message() == sent.message());
        CHECK(got.error.default_error_condition() == sent.default_error_condition());
    }
}

TEST_CASE("frames come out whole wherever the stream is cut") {
    std::string bytes;
    append_greeting(bytes);
    append_frame(bytes, task{.id = 1, .url = "http://a/"});
    append_frame(bytes, task{.id = 2, .url = ""});
    append_greeting(bytes);
    append_frame(bytes, task{.id = 3, .url = std::string(300, 'u')});

    for (std::size_t first = 0; first <= bytes.size(); ++first)
        for (const std::size_t step : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
            frame_reader frames;
            std::vector<std::string> seen;
            const auto feed = [&](std::string_view piece) {
                frames.append(piece);
                while (const auto frame = frames.next())
                    seen.push_back(frame->empty() ? "-" : decode_task(*frame).url);
                frames.discard_read();
            };
            std::string_view rest = bytes;
            feed(rest.substr(0, first));
            for (rest.remove_prefix(first); !rest.empty();
                 rest.remove_prefix(std::min(step, rest.size())))
                feed(rest.substr(0, step));
            REQUIRE(seen == std::vector<std::string>{"-", "http://a/", "", "-",
                                                     std::string(300, 'u')});
        }
}

TEST_CASE("half a frame is no frame") {
    const std::string bytes = encode(task{.id = 1, .url = "http://a/"});
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        frame_reader frames;
        frames.append(std::string_view{bytes}.substr(0, size));
        CHECK_FALSE(frames.next());
    }
}

TEST_CASE("a length beyond the limit is refused before its bytes come") {
    frame_reader frames;
    frames.append(std::string_view{"\xff\xff\xff\xff", 4});
    CHECK_THROWS_AS(frames.next(), std::runtime_error);
}

TEST_CASE("a frame that ends too early is refused") {
    const std::string whole = frame_of(encode(outcome{.sha256 = "a", .file = "b"}));
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_THROWS_AS(decode_outcome(std::string_view{whole}.substr(0, size)),
                        std::runtime_error);
}
