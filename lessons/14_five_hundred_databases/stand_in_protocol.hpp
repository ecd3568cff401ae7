#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// As much of MySQL's protocol as a stand-in for a server needs: log in without a
/// password, and text queries. The bytes alone, without I/O. Source: MariaDB's
/// documentation, "Clients & Utilities / Client/Server Protocol".
namespace ladder::five_hundred_databases::protocol {

/// A number of `size` bytes, the lowest first.
std::string number(std::uint64_t value, int size);

/// What travels: three bytes of length, a sequence number, the payload.
std::string packet(std::uint8_t sequence, std::string_view payload);

/// How much payload follows this header of four bytes.
std::size_t payload_size(std::string_view header);

/// The server's first packet.
std::string greeting(std::uint32_t connection_id);

/// What a client says to the greeting.
struct login {
    bool valid = false;
    bool deprecate_eof = false; ///< It does without EOF packets.
    std::string user;
};

login parse_login(std::string_view payload);

std::string ok();
std::string error(std::uint16_t code, std::string_view state, std::string_view text);

/// An answer in rows, as packets; `sequence` is that of the first.
std::string rows(std::uint8_t sequence, bool deprecate_eof,
                 const std::vector<std::string>& columns,
                 const std::vector<std::vector<std::string>>& rows);

} // namespace ladder::five_hundred_databases::protocol
