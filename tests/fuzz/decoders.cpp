// However a compressed body is cut, what comes of it is the same, and has its limit.

#include "fetcher/content_decoder.hpp"
#include "targets.hpp"
#include "workbench/http_exchange.hpp"

#include <algorithm>
#include <string>
#include <system_error>

namespace ladder::fuzz {

namespace {

using namespace fetcher;

struct decoded {
    std::string text{};
    std::error_code error{};
};

decoded decode(std::string_view coding, std::string_view bytes, pieces* cut) {
    constexpr std::uint64_t most = 1 << 16;
    decoded result;
    const auto decoder = content_decoder::make(
        coding, most,
        [&](std::string_view piece) {
            result.text += piece;
            return std::error_code{};
        },
        result.error);
    require(decoder != nullptr, "the coding is known");
    while (!bytes.empty() && !result.error) {
        const std::size_t size =
            cut == nullptr ? bytes.size() : std::min(cut->next(), bytes.size());
        result.error = decoder->put(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
    if (!result.error) result.error = decoder->end();
    require(result.text.size() <= most, "no more comes out than was allowed");
    return result;
}

void decodes_however_it_is_cut(std::string_view coding, std::string_view input) {
    const decoded whole = decode(coding, input, nullptr);
    pieces cut{input};
    const decoded in_pieces = decode(coding, input, &cut);
    // How much may come out depends on what came in until then.
    if (whole.error == http_error::body_too_large ||
        in_pieces.error == http_error::body_too_large)
        return;
    require(whole.error == in_pieces.error, "it does not matter for the error");
    require(whole.error || whole.text == in_pieces.text, "nor for what it means");
}

} // namespace

void gzip(std::string_view input) {
    decodes_however_it_is_cut("gzip", input);
}

void deflate(std::string_view input) {
    decodes_however_it_is_cut("deflate", input);
}

void br(std::string_view input) {
    decodes_however_it_is_cut("br", input);
}

void zstd(std::string_view input) {
    decodes_however_it_is_cut("zstd", input);
}

} // namespace ladder::fuzz
