#include "stand_in_protocol.hpp"

namespace ladder::five_hundred_databases::protocol {

namespace {

constexpr std::uint32_t connect_with_db = 1U << 3, protocol_41 = 1U << 9,
                        transactions = 1U << 13, secure_connection = 1U << 15,
                        multi_results = 1U << 17, ps_multi_results = 1U << 18,
                        plugin_auth = 1U << 19, plugin_auth_lenenc = 1U << 21,
                        deprecate_eof_flag = 1U << 24;
constexpr std::uint32_t capabilities =
    1 | connect_with_db | protocol_41 | transactions | secure_connection | multi_results |
    ps_multi_results | plugin_auth | plugin_auth_lenenc | deprecate_eof_flag;
constexpr std::uint64_t autocommit = 2;
constexpr std::uint64_t utf8 = 45;
constexpr char text_column = '\xfd';

/// A string with its length before it; none here is longer than 250 bytes.
std::string text(std::string_view value) {
    return number(value.size(), 1) + std::string{value};
}

std::string end_of_rows(bool deprecate_eof) {
    if (deprecate_eof)
        return "\xfe" + number(0, 2) + number(autocommit, 2) + number(0, 2);
    return "\xfe" + number(0, 2) + number(autocommit, 2);
}

} // namespace

std::string number(std::uint64_t value, int size) {
    std::string bytes;
    for (; size > 0; --size, value >>= 8)
        bytes += static_cast<char>(value & 0xff);
    return bytes;
}

std::string packet(std::uint8_t sequence, std::string_view payload) {
    return number(payload.size(), 3) + number(sequence, 1) + std::string{payload};
}

std::size_t payload_size(std::string_view header) {
    std::size_t size = 0;
    for (int i = 2; i >= 0; --i)
        size =
            size << 8 | static_cast<unsigned char>(header[static_cast<std::size_t>(i)]);
    return size;
}

std::string greeting(std::uint32_t connection_id) {
    using namespace std::string_literals;
    return "\x0a"s + "5.5.5-10.11.0-stand-in\0"s + number(connection_id, 4) +
           "saltsalt\0"s + number(capabilities & 0xffff, 2) + number(utf8, 1) +
           number(autocommit, 2) + number(capabilities >> 16, 2) + number(21, 1) +
           std::string(10, '\0') + "saltsaltsalt\0"s + "mysql_native_password\0"s;
}

login parse_login(std::string_view payload) {
    constexpr std::size_t before_user = 32;
    login result;
    const auto end = payload.find('\0', before_user);
    if (end == payload.npos) return result;
    result.valid = true;
    result.deprecate_eof = (static_cast<unsigned char>(payload[3]) & 1) != 0;
    result.user = payload.substr(before_user, end - before_user);
    return result;
}

std::string ok() {
    return std::string(3, '\0') + number(autocommit, 2) + number(0, 2);
}

std::string error(std::uint16_t code, std::string_view state, std::string_view text) {
    return "\xff" + number(code, 2) + '#' + std::string{state} + std::string{text};
}

std::string rows(std::uint8_t sequence, bool deprecate_eof,
                 const std::vector<std::string>& columns,
                 const std::vector<std::vector<std::string>>& rows) {
    std::string result = packet(sequence++, number(columns.size(), 1));
    for (const std::string& name : columns)
        result += packet(sequence++, text("def") + text("") + text("") + text("") +
                                         text(name) + text(name) + number(12, 1) +
                                         number(utf8, 2) + number(255, 4) + text_column +
                                         number(0, 2) + number(0, 1) + number(0, 2));
    if (!deprecate_eof) result += packet(sequence++, end_of_rows(false));
    for (const auto& row : rows) {
        std::string values;
        for (const std::string& value : row)
            values += text(value);
        result += packet(sequence++, values);
    }
    return result + packet(sequence++, end_of_rows(deprecate_eof));
}

} // namespace ladder::five_hundred_databases::protocol
