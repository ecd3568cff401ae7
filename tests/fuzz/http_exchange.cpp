// A fuzz target: however an answer is cut into reads, what comes of it is the same.
//
//     cmake -S . -B build-fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DLADDER_FUZZ=ON
//     cmake --build build-fuzz --target fuzz_http_exchange
//     build-fuzz/tests/fuzz_http_exchange -max_total_time=60 tests/fuzz/corpus
//
// The first byte of the input chooses how to cut the rest.

#include "feed.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::uint32_t state = data[0] + 1U;
    const std::string_view answer{reinterpret_cast<const char*>(data) + 1, size - 1};

    const auto whole = ladder::feed(
        answer, [](std::size_t left) { return left; }, 4096);
    const auto in_pieces = ladder::feed(
        answer,
        [&](std::size_t) {
            state = state * 1664525U + 1013904223U;
            return std::size_t{1} + (state >> 28);
        },
        4096);
    if (!whole.done || whole != in_pieces) std::abort();
    return 0;
}
