#include "records.hpp"

#include "fetcher/journal.hpp"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <stdexcept>

namespace ladder::beyond_one_machine {

std::optional<numbered_url> line_at(std::string_view urls, std::size_t& at) {
    if (at >= urls.size()) return {};
    const auto end = urls.find('\n', at);
    const std::string_view line = urls.substr(at, end - at);
    at = end == urls.npos ? urls.size() : end + 1;
    numbered_url result;
    const char* const last = line.data() + line.size();
    const auto [blank, error] = std::from_chars(line.data(), last, result.number);
    if (error != std::errc{} || blank == last)
        throw std::runtime_error{"the table of tasks has a line without a number"};
    result.url = {blank + 1, last};
    return result;
}

void append_with_machine(std::string& records, std::string_view record,
                         std::string_view machine) {
    records += record.substr(0, record.rfind('}'));
    fmt::format_to(std::back_inserter(records), ",\"machine\":\"{}\"}}\n", machine);
}

std::string given_up_record(std::uint64_t number, std::string_view url,
                            std::uint64_t deaths) {
    std::string record;
    fetcher::append_record(
        record, {.id = number, .url = std::string{url}},
        {.id = number, .error = std::make_error_code(std::errc::owner_dead)}, {},
        fmt::format("given up: {} machines died with it", deaths));
    return record;
}

} // namespace ladder::beyond_one_machine
