#include "targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

namespace ladder::port_scanner {

namespace {

constexpr number_set::range own_machine[] = {{ipv4(0x7f00'0000), ipv4(0x7fff'ffff)},
                                             {1, 1}};
constexpr number first_link_local = number{0xfe80} << 112; // RFC 4291 §2.5.6
constexpr number last_link_local = (number{0xfec0} << 112) - 1;
constexpr std::uint32_t most_bits = 32; // of the hosts of one network
constexpr std::uint32_t last_port = 65'535;

/// The whole text as a number of at most `most`, if it is one.
std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t most) {
    std::uint32_t value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end || value > most) return {};
    return value;
}

number from_bytes(const in6_addr& address) {
    number result = 0;
    for (const std::uint8_t byte : address.s6_addr)
        result = result << 8 | byte;
    return result;
}

std::optional<number> parse_address(const std::string& text) {
    in_addr four{};
    if (::inet_pton(AF_INET, text.c_str(), &four) == 1) return ipv4(ntohl(four.s_addr));
    in6_addr six{};
    if (::inet_pton(AF_INET6, text.c_str(), &six) == 1) return from_bytes(six);
    return {};
}

/// It is no name, since its last part is a number. inet_aton(3), and so the resolver,
/// reads 127.1, 0x7f000001 and 127.0.0.010 as addresses, the last one in octal; others
/// read it in decimal, and mean another machine.
bool is_ambiguous(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    const auto last = text.substr(text.rfind('.') + 1); // npos + 1 is 0
    const bool is_hex = last.starts_with("0x") || last.starts_with("0X");
    const auto digits = is_hex ? last.substr(2) : last;
    return (is_hex || !digits.empty()) &&
           digits.find_first_not_of(is_hex ? "0123456789abcdefABCDEF" : "0123456789") ==
               std::string_view::npos;
}

std::optional<number> look_up(const std::string& name) {
    if (name.find_first_of(":%") != std::string::npos) return {}; // no name either
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(name.c_str(), nullptr, &wanted, &found) != 0) return {};
    std::optional<number> first;
    for (const addrinfo* a = found; a; a = a->ai_next)
        if (a->ai_family == AF_INET) {
            const auto* address = reinterpret_cast<const sockaddr_in*>(a->ai_addr);
            first = ipv4(ntohl(address->sin_addr.s_addr));
            break;
        } else if (a->ai_family == AF_INET6 && !first) {
            first =
                from_bytes(reinterpret_cast<const sockaddr_in6*>(a->ai_addr)->sin6_addr);
        }
    ::freeaddrinfo(found);
    return first;
}

} // namespace

void number_set::add(range added) {
    ranges_.push_back(added);
    std::ranges::sort(ranges_, {}, &range::first);
    std::vector<range> merged;
    for (const range& r : ranges_)
        if (!merged.empty() &&
            r.first - merged.back().first <= merged.back().last - merged.back().first + 1)
            merged.back().last = std::max(merged.back().last, r.last);
        else
            merged.push_back(r);
    ranges_ = std::move(merged);
    before_.clear();
    std::uint64_t sum = 0;
    for (const range& r : ranges_) {
        before_.push_back(sum);
        sum += static_cast<std::uint64_t>(r.last - r.first) + 1;
    }
}

void number_set::add(const number_set& others) {
    for (const range& r : others.ranges_)
        add(r);
}

std::uint64_t number_set::size() const noexcept {
    if (ranges_.empty()) return 0;
    return before_.back() +
           static_cast<std::uint64_t>(ranges_.back().last - ranges_.back().first) + 1;
}

number number_set::operator[](std::uint64_t i) const noexcept {
    const auto after = std::ranges::upper_bound(before_, i);
    const auto which = static_cast<std::size_t>(after - before_.begin()) - 1;
    return ranges_[which].first + (i - before_[which]);
}

std::string address_text(number address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (is_ipv4(address)) {
        const in_addr four{htonl(static_cast<std::uint32_t>(address))};
        ::inet_ntop(AF_INET, &four, text.data(), text.size());
    } else {
        in6_addr six{};
        for (std::size_t i = 16; i-- > 0; address >>= 8)
            six.s6_addr[i] = static_cast<std::uint8_t>(address);
        ::inet_ntop(AF_INET6, &six, text.data(), text.size());
    }
    return text.data();
}

std::string endpoint_text(const endpoint& e) {
    const std::string address = address_text(e.address);
    return is_ipv4(e.address) ? fmt::format("{}:{}", address, e.port)
                              : fmt::format("[{}]:{}", address, e.port);
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
    std::string host = text.substr(0, slash);
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    auto address = parse_address(host);
    if (!address && is_ambiguous(host))
        throw std::invalid_argument{
            fmt::format("'{}' is no address that everybody reads alike; write it like "
                        "127.0.0.1: four "
                        "numbers from 0 to 255, in decimal, without leading zeros",
                        text)};
    if (host.find('%') != std::string::npos)
        throw std::invalid_argument{fmt::format(
            "'{}' has a zone, and no zone is scanned here; take another address of it",
            text)};
    const bool is_name = !address && slash == std::string::npos;
    if (is_name) address = look_up(host);
    const std::uint32_t most = host.find(':') == std::string::npos ? 32 : 128;
    std::optional<std::uint32_t> prefix = most;
    if (slash != std::string::npos)
        prefix = parse_number(std::string_view{text}.substr(slash + 1), most);
    if (!address || !prefix)
        throw std::invalid_argument{
            fmt::format("'{}' is no host or network like 127.0.0.0/28", text)};
    if (most - *prefix > most_bits)
        throw std::invalid_argument{fmt::format("'{}' has more than 2^32 hosts", text)};
    const number others = (number{1} << (most - *prefix)) - 1;
    const number first = *address & ~others, last = *address | others;
    if (first <= last_link_local && last >= first_link_local)
        throw std::invalid_argument{
            fmt::format("'{}' is link-local: without a zone nobody can be asked there, "
                        "and no zone is "
                        "scanned here; take another address of it",
                        text)};
    number_set result;
    result.add({first, last});
    return result;
}

std::uint64_t hosts_elsewhere(const number_set& hosts) noexcept {
    std::uint64_t count = hosts.size();
    for (const auto& r : hosts.ranges())
        for (const auto& own : own_machine) {
            const number first = std::max(r.first, own.first);
            const number end = std::min(r.last, own.last) + 1;
            count -= end > first ? static_cast<std::uint64_t>(end - first) : 0;
        }
    return count;
}

std::string ports_text(const number_set& ports) {
    std::string text;
    for (const auto& [first, last] : ports.ranges())
        text += fmt::format(
            "{}{}{}", text.empty() ? "" : ",", static_cast<unsigned>(first),
            last == first ? "" : fmt::format("-{}", static_cast<unsigned>(last)));
    return text;
}

std::vector<std::string> hosts_text(const number_set& hosts) {
    std::vector<std::string> networks;
    for (auto [next, last] : hosts.ranges())
        for (bool more = true; more;) {
            // The largest network that begins here and does not go too far.
            std::uint32_t bits = most_bits;
            while ((next & ((number{1} << bits) - 1)) != 0 ||
                   (number{1} << bits) - 1 > last - next)
                --bits;
            const std::uint32_t prefix = (is_ipv4(next) ? 32 : 128) - bits;
            networks.push_back(bits == 0
                                   ? address_text(next)
                                   : fmt::format("{}/{}", address_text(next), prefix));
            const number size = number{1} << bits;
            more = last - next >= size;
            next += size;
        }
    return networks;
}

} // namespace ladder::port_scanner
