// Nothing that a URL holds gets into a request but what may stand there, and nobody sees
// a password.

#include "fetcher/host_limits.hpp"
#include "fetcher/list_lines.hpp"
#include "fetcher/redirect.hpp"
#include "targets.hpp"
#include "workbench/http_url.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ladder::fuzz {

namespace {

using namespace fetcher;

bool all_of(std::string_view text, bool (*is_right)(unsigned char)) {
    return std::ranges::all_of(text, is_right);
}

void may_be_asked_for(const http_url& url) {
    const auto printable = [](unsigned char c) { return c > ' ' && c < 0x7f; };
    require(url.target.starts_with('/'), "a target begins with a slash");
    require(all_of(url.target, printable), "a target has printable characters alone");
    require(!url.host.empty(), "there is a host");
    require(all_of(url.host, printable), "a host has printable characters alone");
    require(url.host.find_first_of("/?#@") == std::string::npos, "a host is no more");
    require(!url.port.empty() && url.port.size() <= 5 &&
                all_of(url.port, [](unsigned char c) { return c >= '0' && c <= '9'; }),
            "a port is a number");
    require(all_of(url.authority(), printable), "Host is one line");
}

void check_url(std::string_view text) {
    hop h{.url = std::string{text}};
    const std::string shown = shown_url(text);
    const std::string repaired = repaired_url(text);
    require(repaired_url(repaired) == repaired, "what is repaired is not broken");
    const std::string host = host_of(text);
    if (begin(h)) return;
    may_be_asked_for(h.to);
    hop again{.url = repaired};
    require(!begin(again), "a URL is still one when it is repaired");
    require(again.to.target == h.to.target && again.to.host == h.to.host &&
                again.to.port == h.to.port,
            "repaired, it is the same URL");
    require(!host.empty(), "a URL that can be asked for has a host with limits");
    require(host_of(repaired) == host, "however it is written, it is the same host");
    const std::size_t colon = h.to.credentials.find(':');
    if (colon == std::string::npos || colon + 1 == h.to.credentials.size()) return;
    hop seen{.url = shown};
    require(!begin(seen) &&
                seen.to.credentials.substr(seen.to.credentials.find(':')) == ":***",
            "nobody sees a password");
}

/// The lines, and their numbers.
std::vector<std::pair<std::uint64_t, std::string>> lines_of(std::string_view text,
                                                            pieces* cut) {
    std::vector<std::pair<std::uint64_t, std::string>> all;
    list_lines lines;
    const auto take = [&] {
        while (const auto line = lines.next())
            all.emplace_back(lines.number(), *line);
    };
    while (!text.empty()) {
        const std::size_t size =
            cut == nullptr ? text.size() : std::min(cut->next(), text.size());
        lines.append(text.substr(0, size));
        take();
        text.remove_prefix(size);
    }
    lines.end();
    take();
    return all;
}

} // namespace

void url_list(std::string_view input) {
    pieces cut{input};
    const auto lines = lines_of(input, nullptr);
    require(lines == lines_of(input, &cut), "it does not matter how a list is cut");
    for (const auto& [number, line] : lines) {
        require(!line.empty() && line.front() != '#' && line.find('\n') == line.npos,
                "a line is neither empty nor a comment");
        check_url(line);
    }
}

void location(std::string_view input) {
    static constexpr std::array<std::string_view, 4> bases{
        "http://a/b/c?d#e", "https://u:secret@a:81/x/y", "http://[fe80::1%25lo]/",
        "http://a"};
    static constexpr std::array statuses{301, 302, 303, 307};
    if (input.empty()) return;
    const auto choice = static_cast<unsigned char>(input[0]);
    hop h{.url = std::string{bases[choice % 4]}, .method = "POST"};
    require(!begin(h), "a base is a URL");
    const hop before = h;
    if (follow(h, statuses[choice / 4 % 4], input.substr(1), false)) return;
    may_be_asked_for(h.to);
    require(h.to.secure || !before.to.secure, "from https it leads to https alone");
    require(h.origin == h.to.origin(), "the origin is that of the URL");
    if (h.origin == before.origin) return;
    require(!h.with_secrets, "no header with a secret goes to another host");
    require(h.to.credentials.find("secret") == std::string::npos ||
                input.find("secret") != std::string_view::npos ||
                input.find('%') != std::string_view::npos,
            "no password goes to another host");
}

} // namespace ladder::fuzz
