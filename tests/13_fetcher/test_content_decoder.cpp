// In one thread: ThreadSanitizer has nothing to say here.

// Compressed bodies: whole, cut, with something behind, and bombs.

#include "fetcher/content_decoder.hpp"
#include "fetcher_program.hpp"
#include "raw_server.hpp"
#include "workbench/http_exchange.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

using namespace ladder::fetcher::test;
using ladder::http_error;
using ladder::raw_server;
using ladder::fetcher::content_decoder;

namespace {

constexpr std::uint64_t plenty = 100'000'000;

/// `window` as zlib's deflateInit2 has it: 31 gzip, 15 zlib, -15 neither.
std::string deflated(std::string_view text, int window) {
    z_stream z{};
    ::deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
    std::string out(::deflateBound(&z, text.size()) + 100, '\0');
    z.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));
    z.avail_in = static_cast<unsigned>(text.size());
    z.next_out = reinterpret_cast<unsigned char*>(out.data());
    z.avail_out = static_cast<unsigned>(out.size());
    ::deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    ::deflateEnd(&z);
    return out;
}

std::string gzip(std::string_view text) {
    return deflated(text, 31);
}

std::string brotli(std::string_view text) {
    std::size_t size = ::BrotliEncoderMaxCompressedSize(text.size()) + 100;
    std::string out(size, '\0');
    ::BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, text.size(),
                            reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                            reinterpret_cast<std::uint8_t*>(out.data()));
    out.resize(size);
    return out;
}

std::string zstd(std::string_view text) {
    std::string out(::ZSTD_compressBound(text.size()), '\0');
    out.resize(::ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
}

std::string text_of(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; text.size() < size; ++i)
        text += std::to_string(i * 7919) + (i % 3 == 0 ? " page\n" : " ");
    text.resize(size);
    return text;
}

/// The text, or what is wrong.
std::string decoded(std::string_view coding, std::string_view bytes, std::size_t piece,
                    std::uint64_t most = plenty) {
    std::string out;
    std::error_code error;
    const auto decoder = content_decoder::make(
        coding, most,
        [&](std::string_view p) {
            out += p;
            return std::error_code{};
        },
        error);
    if (!decoder) return error ? error.message() : std::string{bytes};
    for (; !error && !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
        error = decoder->put(bytes.substr(0, piece));
    if (!error) error = decoder->end();
    return error ? error.message() : out;
}

const std::string broken = make_error_code(http_error::bad_compression).message();
const std::string too_large = make_error_code(http_error::body_too_large).message();

struct compressed {
    const char* coding;
    std::string bytes;
    std::string expected;
};

std::vector<compressed> bodies() {
    const std::string text = text_of(60'000);
    const std::string full_step = text_of(16 << 10); // of the decoder
    return {
        {"gzip", gzip(text), text},
        {"x-gzip", gzip(text), text},
        {"GZIP", gzip(""), ""},
        {"gzip", gzip(text) + gzip("and ") + gzip("more"), text + "and more"},
        {"gzip", gzip(text) + std::string(5000, '\0'), text},
        {"gzip", gzip(text) + "<!-- made in 0.1 s -->", text},
        {"gzip", gzip(text) + "x", text},
        {"gzip", gzip(text) + gzip("more").substr(0, 15), broken},
        {"gzip", gzip(text).substr(0, 1000), broken},
        {"gzip", gzip(text).substr(0, gzip(text).size() - 1), broken},
        {"gzip", gzip(text).substr(0, 1), broken},
        {"gzip", text, broken},
        {"gzip", "", ""},
        {"deflate", deflated(text, 15), text},
        {"deflate", deflated(text, -15), text},
        {"deflate", deflated(text, 15).substr(0, 500), broken},
        {"deflate", deflated(text, -15).substr(0, 500), broken},
        {"br", brotli(text), text},
        {"br", brotli(""), ""},
        {"br", brotli(text) + "behind", text},
        {"br", brotli(text).substr(0, 500), broken},
        {"br", text, broken},
        {"br", "", ""},
        {"zstd", zstd(text), text},
        {"zstd", zstd(text) + zstd("more"), text + "more"},
        {"zstd", zstd(full_step) + zstd(full_step), full_step + full_step},
        {"zstd", zstd(text).substr(0, 500), broken},
        {"zstd", text, broken},
        {"zstd", "", ""},
        {"gzip, br", brotli(gzip(text)), text},
        {"br , gzip", gzip(brotli(text)), text},
        {"identity", text, text},
        {"gzip, identity", gzip(text), text},
        {"identity, zstd", zstd(text), text},
        {"", text, text},
        {"compress", text, broken},
        {"gzip, foo", gzip(text), broken},
        {"gzip,gzip,gzip,gzip,gzip,gzip", gzip(text), broken},
    };
}

} // namespace

TEST_CASE("compressed bodies are undone, or refused, however they are cut") {
    for (const auto& [coding, bytes, expected] : bodies()) {
        INFO(coding << ", " << bytes.size() << " bytes");
        for (const std::size_t piece : std::vector<std::size_t>{1, 7, 1000, 1'000'000})
            CHECK(decoded(coding, bytes, piece) == expected);
    }
}

TEST_CASE("a small body that becomes a large one is a bomb") {
    const std::string zeros(20'000'000, '\0');
    struct bomb {
        const char* coding;
        std::string bytes;
    };
    for (const auto& [coding, bytes] :
         std::vector<bomb>{{"gzip", gzip(zeros)},
                           {"deflate", deflated(zeros, 15)},
                           {"br", brotli(zeros)},
                           {"zstd", zstd(zeros)},
                           {"gzip, gzip", gzip(gzip(zeros))}}) {
        INFO(coding);
        CHECK(decoded(coding, bytes, 1000, 10'000'000) == too_large);
    }
    // Within the limit of size, but out of all proportion.
    CHECK(decoded("br", brotli(zeros), 1000) == too_large);
    CHECK(decoded("zstd", zstd(zeros), 1000) == too_large);
    CHECK(decoded("gzip, gzip", gzip(gzip(zeros)), 1000) == too_large);
}

TEST_CASE("a page that came compressed is saved as it is meant") {
    const std::string text = text_of(100'000);
    const auto answer = [](const std::string& coding, const std::string& body) {
        return fmt::format("HTTP/1.1 200 OK\r\nContent-Encoding: {}\r\n"
                           "Content-Length: {}\r\n\r\n{}",
                           coding, body.size(), body);
    };
    const raw_server server{[&](std::string_view head, int) -> raw_server::answer {
        if (head.starts_with("GET /gzip ")) return {answer("gzip", gzip(text))};
        if (head.starts_with("GET /br ")) return {answer("br", brotli(text))};
        if (head.starts_with("GET /zstd ")) return {answer("zstd", zstd(text))};
        if (head.starts_with("GET /other ")) return {answer("compress", text)};
        if (head.starts_with("GET /cut "))
            return {answer("gzip", gzip(text).substr(0, 1000))};
        return {answer("gzip", gzip(std::string(20'000'000, '\0')))};
    }};
    const scratch_folder folder;
    const auto ended = run({server.url("/gzip"), server.url("/br"), server.url("/zstd"),
                            server.url("/cut"), server.url("/bomb"), server.url("/other"),
                            "--compressed", "-q", "-p", "1", "-o", folder / "pages",
                            "--results", "-", "--retries", "0"});
    const auto results = results_by_url(ended.out);
    for (const char* path : {"/gzip", "/br", "/zstd"}) {
        const auto& r = results.at(server.url(path));
        CHECK(r.error == "");
        CHECK(r.sha256 == digest(text));
        CHECK(r.bytes == text.size());
        CHECK(read_file(folder / "pages/" + r.file) == text);
    }
    CHECK(results.at(server.url("/cut")).error == broken);
    CHECK(results.at(server.url("/bomb")).error == too_large);
    CHECK(results.at(server.url("/other")).error ==
          "it is compressed in a way that nobody asked for: compress");
    CHECK(files_below(folder / "pages/pages").size() == 3);
    CHECK(server.requests().at(0).find(
              "\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n") != std::string::npos);

    // Who did not ask for it gets what was sent.
    const auto as_sent = run({server.url("/gzip"), "-q"});
    CHECK(parse_results(as_sent.out).at(0).sha256 == digest(gzip(text)));
    CHECK(server.requests().back().find("Accept-Encoding") == std::string::npos);
}

TEST_CASE("a robots.txt may come compressed, though nobody asked for that") {
    const std::string rules = "User-agent: *\nDisallow: /a\n";
    for (const auto& [coding, body] : std::vector<std::pair<std::string, std::string>>{
             {"gzip", gzip(rules)}, {"utf-8", rules}}) {
        const raw_server server{[&coding = coding, &body = body](
                                    std::string_view head, int) -> raw_server::answer {
            const bool is_robots = head.starts_with("GET /robots.txt ");
            return {fmt::format("HTTP/1.1 200 OK\r\nContent-Encoding: {}\r\n"
                                "Content-Length: {}\r\n\r\n{}",
                                coding, is_robots ? body.size() : 0,
                                is_robots ? body : "")};
        }};
        const auto results =
            results_by_url(run({server.url("/a"), server.url("/b"), "--robots",
                                "--max-bytes", "5B", "-p", "1", "-q"})
                               .out);
        CHECK(results.at(server.url("/a")).error ==
              "not asked: robots.txt does not allow it");
        CHECK(results.at(server.url("/b")).status == 200);
    }
}
