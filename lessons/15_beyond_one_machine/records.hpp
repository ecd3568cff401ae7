#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The texts that stand in the tables.
namespace ladder::beyond_one_machine {

struct numbered_url {
    std::uint64_t number = 0; ///< Of its line in the list.
    std::string_view url{};
};

/// The line "NUMBER URL\n" at `at`, which then is behind it; nothing at the end. Throws
/// std::runtime_error when that is no such line.
std::optional<numbered_url> line_at(std::string_view urls, std::size_t& at);

/// Appends a line of results, and says in it whose disk has the page.
void append_with_machine(std::string& records, std::string_view record,
                         std::string_view machine);

/// The line of results for a URL that kills machines.
std::string given_up_record(std::uint64_t number, std::string_view url,
                            std::uint64_t deaths);

} // namespace ladder::beyond_one_machine
