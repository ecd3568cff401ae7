// What travels between processes, and what does not compile.

#include "process_pool/codec.hpp"
#include "process_pool/frames.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace ladder::process_pool;

namespace {

struct point {
    int x, y;
    bool operator==(const point&) const = default;
};

template <class T>
T there_and_back(const T& value) {
    return decode<T>(encode(value));
}

static_assert(travels<int> && travels<point> && travels<std::array<int, 3>>);
static_assert(travels<std::vector<std::pair<std::string, std::vector<point>>>>);
static_assert(!travels<const char*> && !travels<std::string_view> &&
              !travels<std::span<int>>);

} // namespace

TEST_CASE("values come back as they were") {
    using namespace std::chrono_literals;
    CHECK(there_and_back(-5) == -5);
    CHECK(there_and_back(point{1, 2}) == point{1, 2});
    CHECK(there_and_back(250ms) == 250ms);
    CHECK(there_and_back(std::string{"\0\n\xff", 3}) == std::string{"\0\n\xff", 3});
    const std::vector<std::pair<std::string, std::vector<point>>> nested{
        {"", {}}, {"two", {{1, 2}, {3, 4}}}};
    CHECK((there_and_back(nested) == nested));
    CHECK(there_and_back(std::vector<bool>{true, false}) == std::vector{true, false});
}

TEST_CASE("bytes that are too few or too many are no value") {
    const std::string bytes = encode(std::string{"hello"});
    CHECK_THROWS_AS(decode<std::string>(bytes + 'x'), std::runtime_error);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK_THROWS_AS(decode<std::string>(bytes.substr(0, size)), std::runtime_error);
    CHECK_THROWS_AS(decode<std::vector<std::string>>(encode(~0ULL)), std::runtime_error);
}

TEST_CASE("frames arrive whole, however the stream is cut") {
    std::string stream;
    const std::vector<std::string> texts{"", "a", std::string(200'000, 'b'), "c", ""};
    for (std::uint64_t i = 0; i < texts.size(); ++i) {
        const frame_header header{texts[i].size(), i, frame_kind::done};
        stream.append(reinterpret_cast<const char*>(&header), sizeof header);
        stream.append(texts[i]);
    }
    for (const std::size_t piece : {1, 7, 24, 25, 4096, 1'000'000}) {
        frame_reader frames;
        std::uint64_t count = 0;
        for (std::size_t at = 0; at < stream.size();) {
            const auto room = frames.room();
            const std::size_t size = std::min({piece, room.size(), stream.size() - at});
            std::memcpy(room.data(), stream.data() + at, size);
            frames.received(size);
            at += size;
            while (const auto next = frames.next()) {
                CHECK(next->task == count);
                CHECK((next->bytes == texts.at(count)));
                ++count;
            }
        }
        CHECK(count == texts.size());
    }
}

TEST_CASE("what is no frame is not taken for one") {
    frame_reader frames;
    std::ranges::fill(frames.room(), 'x');
    frames.received(100);
    CHECK_THROWS_AS(frames.next(), std::runtime_error);
}
