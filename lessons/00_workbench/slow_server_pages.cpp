// What the slow server's pages consist of: the program sends it, and tests compare.

#include "slow_server.hpp"

#include <fmt/format.h>

#include <array>

namespace ladder {

namespace {

/// splitmix64: the same numbers on every machine, which std's distributions are not.
std::uint64_t scramble(std::uint64_t number) {
    number += 0x9e3779b97f4a7c15;
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
    number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
    return number ^ (number >> 31);
}

} // namespace

std::string slow_server::page_body(std::uint64_t number) {
    static constexpr std::array<std::string_view, 16> sentences = {
        "The server takes its time, and the client has nothing to do but wait. ",
        "A page that is late is not a page that is lost. ",
        "Whoever waits in a queue of one is always served next. ",
        "Most of a fetch is silence between two short bursts of bytes. ",
        "Two pages can be late at the same time, and that costs no more than one. ",
        "Nobody hurries a socket. ",
        "What the kernel has buffered, the other side may never read. ",
        "A timeout is a decision, made by somebody who does not know. ",
        "An answer without an end is worse than no answer at all. ",
        "Order is what you keep when things arrive as they please. ",
        "It is easy to start a thousand things, and hard to finish each of them once. ",
        "The fastest request is the one that was not sent twice. ",
        "If you close it, say so; if you were told, believe it. ",
        "A lock held while waiting is held by everybody. ",
        "Count what is in flight, and you know what you may still ask for. ",
        "The work was never the problem. ",
    };
    std::string body;
    body.reserve(3'500);
    body += fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<title>Page {0}</title>\n</head>\n<body>\n<h1>Page {0}</h1>\n",
        number);
    std::uint64_t random = scramble(number);
    for (auto paragraphs = 2 + random % 6; paragraphs > 0; --paragraphs) {
        body += "<p>";
        random = scramble(random);
        for (int i = 0; i < 6; ++i)
            body += sentences[(random >> (4 * i)) % 16];
        body += "</p>\n";
    }
    body += fmt::format(
        "<p><a href=\"/page/{}\">The next page</a></p>\n</body>\n</html>\n", number + 1);
    return body;
}

std::string slow_server::bytes_body(std::uint64_t size) {
    std::string body;
    body.reserve(size);
    while (body.size() < size)
        body += bytes_at(body.size()).substr(0, size - body.size());
    return body;
}

std::string_view slow_server::bytes_at(std::uint64_t offset) {
    // Repeats after a prime number of bytes: a buffer's worth that is lost, doubled or
    // swapped shows.
    static const std::string pattern = [] {
        std::string text(65'521, '\n');
        for (std::size_t i = 0; i < text.size(); ++i)
            if (i % 80 != 79) text[i] = static_cast<char>('a' + scramble(i) % 26);
        return text;
    }();
    return std::string_view{pattern}.substr(offset % pattern.size());
}

} // namespace ladder
