#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ladder::port_scanner {

/// A port, or an address: an IPv6 one as it is, an IPv4 one as IPv6 maps it (RFC 4291
/// §2.5.5.2). So one order and one arithmetic do for both.
__extension__ typedef unsigned __int128 number; // NOLINT: `using` would be refused

constexpr number ipv4(std::uint32_t address) {
    return number{0xffff} << 32 | address;
}

constexpr bool is_ipv4(number address) {
    return address >> 32 == 0xffff;
}

/// Numbers in ascending order, each once, kept as ranges: all 65,535 ports are one range,
/// and so are the 16 million addresses of 127.0.0.0/8.
class number_set {
public:
    struct range {
        number first;
        number last; ///< Included. At least `first`.
    };

    /// What is in it already stays in it once.
    void add(range);
    void add(const number_set&);

    std::uint64_t size() const noexcept;

    /// The number before which there are `i` smaller ones; `i` is less than size().
    number operator[](std::uint64_t i) const noexcept;

    const std::vector<range>& ranges() const noexcept { return ranges_; }

private:
    std::vector<range> ranges_;         ///< Sorted; no two touch.
    std::vector<std::uint64_t> before_; ///< How many numbers stand before each.
};

/// A port of a host, both in this machine's byte order.
struct endpoint {
    number address = 0;
    std::uint16_t port = 0;

    friend bool operator==(const endpoint&, const endpoint&) = default;
};

std::string address_text(number address);     ///< "127.0.0.1", "::1".
std::string endpoint_text(const endpoint& e); ///< "127.0.0.1:80", "[::1]:80".

/// Every port of every host, as one range of numbers from 0: the ports of the lowest
/// address, then those of the next.
class targets {
public:
    targets(number_set hosts, number_set ports);

    std::uint64_t size() const noexcept { return hosts_.size() * ports_.size(); }

    endpoint operator[](std::uint64_t i) const noexcept;

    const number_set& hosts() const noexcept { return hosts_; }

    const number_set& ports() const noexcept { return ports_; }

private:
    number_set hosts_;
    number_set ports_;
};

/// Numbers in a row: `first`, and all after it up to, but not including, `last`.
struct part {
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    friend bool operator==(const part&, const part&) = default;
};

/// Part `number` of `size` numbers, when there are `parts` of them: without gap or
/// overlap, and none larger than another by more than one. A part is empty when there are
/// more parts than numbers. `number` is less than `parts`.
part part_of(std::uint64_t size, std::uint64_t number, std::uint64_t parts) noexcept;

/// "80", "1-1024" or "22,80,8000-8100"; 1 to 65535. Throws std::invalid_argument, whose
/// text is for the user.
number_set parse_ports(std::string_view text);

/// "127.0.0.1", "::1", "127.0.0.0/28" (all of its addresses, RFC 4632; of IPv6 at most
/// 2^32 of them), or a name, of which the first IPv4 address counts, or else the first
/// one; a name is looked up, which may take a while. Throws std::invalid_argument, also
/// for what one reader takes for one address and another for another, like 127.0.0.010.
number_set parse_hosts(const std::string& text);

/// How many of them are neither in 127.0.0.0/8 (RFC 1122 §3.2.1.3) nor ::1: other
/// people's, perhaps.
std::uint64_t hosts_elsewhere(const number_set& hosts) noexcept;

/// As parse_ports takes them, without what was superfluous: "80,8000-8100".
std::string ports_text(const number_set&);
/// As parse_hosts takes them, one or more: "127.0.0.1", "127.0.0.4/30", "::1".
std::vector<std::string> hosts_text(const number_set&);

} // namespace ladder::port_scanner
