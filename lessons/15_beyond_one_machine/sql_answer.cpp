#include "sql_answer.hpp"

#include <boost/mysql/results.hpp>
#include <fmt/format.h>

#include <charconv>
#include <string>

namespace ladder::beyond_one_machine {

namespace mysql = boost::mysql;

namespace {

std::string text_of(mysql::field_view field) {
    if (field.is_null()) return {};
    if (field.is_string()) return std::string{field.as_string()};
    if (field.is_blob())
        return {reinterpret_cast<const char*>(field.as_blob().data()),
                field.as_blob().size()};
    if (field.is_int64()) return std::to_string(field.as_int64());
    if (field.is_uint64()) return std::to_string(field.as_uint64());
    return fmt::format("{}", field.as_double());
}

} // namespace

sql_answer answer_of(const mysql::results& results) {
    sql_answer answer;
    answer.affected = results.affected_rows();
    for (const auto row : results.rows()) {
        auto& texts = answer.rows.emplace_back();
        for (const auto field : row)
            texts.push_back(text_of(field));
    }
    return answer;
}

std::uint64_t sql_answer::number(std::size_t row, std::size_t column) const {
    const std::string& text = rows.at(row).at(column);
    std::uint64_t result = 0;
    std::from_chars(text.data(), text.data() + text.size(), result);
    return result;
}

} // namespace ladder::beyond_one_machine
