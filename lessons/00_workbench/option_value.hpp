#pragma once

#include "option_parser.hpp"

#include <stdexcept>

/// What stands behind an option, as a person writes it. Each throws `wrong_usage`, which
/// says what would be right, e.g. like `example`.
namespace ladder::option_value {

/// What is wrong with a command line.
struct wrong_usage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

std::int64_t number(const std::string& value, option_parser::range allowed,
                    std::int64_t example);
std::chrono::milliseconds duration(const std::string& value,
                                   option_parser::duration_range allowed,
                                   const std::string& example);
std::uint64_t size(const std::string& value);
std::string choice(const std::string& value, std::span<const std::string> words);

} // namespace ladder::option_value
