#pragma once

#include "task.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ladder::fetcher {

/// A line of the user's own for each URL, like curl's --write-out: `%{http_code}` and the
/// like, `%%`, and `\n`, `\t`, `\r`, `\\`.
class write_out {
public:
    /// Throws std::invalid_argument, which says what would be right.
    explicit write_out(std::string_view format);

    void append(std::string& to, const task& t, const outcome& o,
                const std::string& error) const;

    /// All that may stand in `%{}`.
    static std::string names();

private:
    struct page {
        const task& t;
        const outcome& o;
        const std::string& error;
    };

    struct variable {
        std::string_view name;
        std::string (*value)(const page&);
    };

    struct piece {
        std::string text;
        std::string (*value)(const page&) = nullptr; ///< Behind the text.
    };

    static const std::vector<variable>& variables();

    std::vector<piece> pieces_;
};

} // namespace ladder::fetcher
