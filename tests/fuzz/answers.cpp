// However an answer is cut into reads, what comes of it is the same.

#include "feed.hpp"
#include "targets.hpp"

#include <string>

namespace ladder::fuzz {

namespace {

void same_however_it_is_cut(std::string_view answer, std::string_view input) {
    const auto whole = feed(
        answer, [](std::size_t left) { return left; }, 4096);
    pieces cut{input};
    const auto in_pieces = feed(
        answer, [&](std::size_t) { return cut.next(); }, 4096);
    require(whole.done && in_pieces.done, "an answer ends when its connection does");
    require(whole == in_pieces, "it does not matter how an answer is cut");
    require(whole.error || (whole.status >= 100 && whole.status <= 999), "a status");
    require(whole.body.size() <= 4096, "a body has its limit");
}

} // namespace

void header_block(std::string_view input) {
    if (!input.empty()) same_however_it_is_cut(input.substr(1), input);
}

void chunked_body(std::string_view input) {
    same_however_it_is_cut("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                               std::string{input},
                           input);
}

} // namespace ladder::fuzz
