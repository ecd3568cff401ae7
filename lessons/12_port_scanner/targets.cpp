#include "targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

namespace ladder::port_scanner {

namespace {

constexpr number_set::range loopback{0x7f00'0000, 0x7fff'ffff};
constexpr std::uint32_t last_port = 65'535;

/// The whole text as a number of at most `most`, if it is one.
std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t most) {
    std::uint32_t value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end || value > most) return {};
    return value;
}

std::optional<std::uint32_t> parse_address(const std::string& text) {
    in_addr address{};
    if (::inet_pton(AF_INET, text.c_str(), &address) != 1) return {};
    return ntohl(address.s_addr);
}

std::optional<std::uint32_t> look_up(const std::string& name) {
    addrinfo wanted{};
    wanted.ai_family = AF_INET;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(name.c_str(), nullptr, &wanted, &found) != 0) return {};
    const auto* address = reinterpret_cast<const sockaddr_in*>(found->ai_addr);
    const std::uint32_t first = ntohl(address->sin_addr.s_addr);
    ::freeaddrinfo(found);
    return first;
}

} // namespace

void number_set::add(range added) {
    ranges_.push_back(added);
    std::ranges::sort(ranges_, {}, &range::first);
    std::vector<range> merged;
    for (const range& r : ranges_)
        if (!merged.empty() && r.first <= std::uint64_t{merged.back().last} + 1)
            merged.back().last = std::max(merged.back().last, r.last);
        else
            merged.push_back(r);
    ranges_ = std::move(merged);
    before_.clear();
    std::uint64_t sum = 0;
    for (const range& r : ranges_) {
        before_.push_back(sum);
        sum += std::uint64_t{r.last} - r.first + 1;
    }
}

void number_set::add(const number_set& others) {
    for (const range& r : others.ranges_)
        add(r);
}

std::uint64_t number_set::size() const noexcept {
    if (ranges_.empty()) return 0;
    return before_.back() + ranges_.back().last - ranges_.back().first + 1;
}

std::uint32_t number_set::operator[](std::uint64_t i) const noexcept {
    const auto after = std::ranges::upper_bound(before_, i);
    const auto which = static_cast<std::size_t>(after - before_.begin()) - 1;
    return static_cast<std::uint32_t>(ranges_[which].first + (i - before_[which]));
}

std::string address_text(std::uint32_t address) {
    return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255,
                       address >> 8 & 255, address & 255);
}

targets::targets(number_set hosts, number_set ports)
    : hosts_(std::move(hosts)),
      ports_(std::move(ports)) {}

endpoint targets::operator[](std::uint64_t i) const noexcept {
    const std::uint64_t ports = ports_.size();
    return {hosts_[i / ports], static_cast<std::uint16_t>(ports_[i % ports])};
}

// [part_of]
part part_of(std::uint64_t size, std::uint64_t number, std::uint64_t parts) noexcept {
    const auto begin = [&](std::uint64_t n) { // each has size / parts; the first ones,
        return size / parts * n + std::min(n, size % parts); // one more
    };
    return {begin(number), begin(number + 1)};
}

// [/part_of]

number_set parse_ports(std::string_view text) {
    number_set ports;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t comma = std::min(text.find(',', begin), text.size());
        const std::string_view item = text.substr(begin, comma - begin);
        const std::size_t dash = std::min(item.find('-'), item.size());
        const auto first = parse_number(item.substr(0, dash), last_port);
        const auto last =
            dash == item.size() ? first : parse_number(item.substr(dash + 1), last_port);
        if (!first || !last || *first == 0 || *last < *first)
            throw std::invalid_argument{fmt::format(
                "'{}' is no port or range of ports like 80 or 1-65535", item)};
        ports.add({*first, *last});
        begin = comma + 1;
    }
    return ports;
}

number_set parse_hosts(const std::string& text) {
    const std::size_t slash = text.find('/');
    auto address = parse_address(text.substr(0, slash));
    std::optional<std::uint32_t> bits = 32;
    if (slash != std::string::npos)
        bits = parse_number(std::string_view{text}.substr(slash + 1), 32);
    else if (!address)
        address = look_up(text);
    if (!address || !bits)
        throw std::invalid_argument{
            fmt::format("'{}' is no IPv4 host or network like 127.0.0.0/28", text)};
    const std::uint32_t hosts = *bits == 0 ? std::numeric_limits<std::uint32_t>::max()
                                           : (1ULL << (32 - *bits)) - 1;
    number_set result;
    result.add({*address & ~hosts, *address | hosts});
    return result;
}

std::uint64_t hosts_elsewhere(const number_set& hosts) noexcept {
    std::uint64_t count = hosts.size();
    for (const auto& r : hosts.ranges()) {
        const std::uint64_t first = std::max(r.first, loopback.first);
        const std::uint64_t end = std::uint64_t{std::min(r.last, loopback.last)} + 1;
        count -= end > first ? end - first : 0;
    }
    return count;
}

std::string ports_text(const number_set& ports) {
    std::string text;
    for (const auto& [first, last] : ports.ranges())
        text += fmt::format("{}{}{}", text.empty() ? "" : ",", first,
                            last == first ? "" : fmt::format("-{}", last));
    return text;
}

std::vector<std::string> hosts_text(const number_set& hosts) {
    std::vector<std::string> networks;
    for (const auto& [first, last] : hosts.ranges())
        for (std::uint64_t next = first; next <= last;) {
            // The largest network that begins here and does not go too far.
            const auto address = static_cast<std::uint32_t>(next);
            int bits = address == 0 ? 32 : std::countr_zero(address);
            while (next + (1ULL << bits) - 1 > last)
                --bits;
            networks.push_back(
                bits == 0 ? address_text(address)
                          : fmt::format("{}/{}", address_text(address), 32 - bits));
            next += 1ULL << bits;
        }
    return networks;
}

} // namespace ladder::port_scanner
