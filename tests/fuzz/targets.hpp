#pragma once

#include <array>
#include <stdexcept>
#include <string_view>

/// Coverage-guided fuzzing: what reads the bytes of strangers gets bytes that nobody
/// thought of, and must keep its promises. Each target is a function of the input; it
/// throws `broken` when a promise is. libFuzzer calls one of them (fuzzer.cpp), and the
/// ordinary tests all of them with what was kept in corpus/TARGET (test_corpus.cpp).
///
///     cmake -S . -B build-fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DLADDER_FUZZ=ON
///     cmake --build build-fuzz --target fuzz_robots
///     build-fuzz/tests/fuzz_robots -max_total_time=600 new tests/fuzz/corpus/robots
///
/// A new target is a function here and a line in `targets`, a line in CMakeLists.txt and
/// a folder in corpus.
namespace ladder::fuzz {

struct broken : std::logic_error {
    using std::logic_error::logic_error;
};

inline void require(bool kept, const char* promise) {
    if (!kept) throw broken{promise};
}

void header_block(std::string_view input); ///< A whole answer of a server.
void chunked_body(std::string_view input); ///< A body, behind a good header.
void url_list(std::string_view input);     ///< Lines with URLs.
void location(std::string_view input);     ///< Where an answer sends us on.
void gzip(std::string_view input);
void deflate(std::string_view input);
void br(std::string_view input);
void zstd(std::string_view input);
void robots(std::string_view input);
void warc(std::string_view input); ///< Answers that go into an archive.

struct target {
    std::string_view name;
    void (*run)(std::string_view);
};

inline constexpr std::array targets{target{"header_block", header_block},
                                    target{"chunked_body", chunked_body},
                                    target{"url_list", url_list},
                                    target{"location", location},
                                    target{"gzip", gzip},
                                    target{"deflate", deflate},
                                    target{"br", br},
                                    target{"zstd", zstd},
                                    target{"robots", robots},
                                    target{"warc", warc}};

/// Sizes of pieces into which an input is cut, by its own first byte.
class pieces {
public:
    explicit pieces(std::string_view input)
        : state_(input.empty() ? 1U : static_cast<unsigned char>(input[0]) + 1U) {}

    std::size_t next() {
        state_ = state_ * 1664525U + 1013904223U;
        return std::size_t{1} + (state_ >> 28);
    }

private:
    unsigned state_;
};

} // namespace ladder::fuzz
