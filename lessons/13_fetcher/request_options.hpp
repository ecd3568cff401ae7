#pragma once

#include "request_settings.hpp"

#include <string>
#include <vector>

namespace ladder {
class option_parser;
}

namespace ladder::fetcher {

/// The options of the command line that say how pages are asked for.
class request_options {
public:
    explicit request_options(const request_settings& defaults);

    void add_to(option_parser& options);

    /// After the command line was read.
    request_settings settings() const;

private:
    request_settings settings_;
    std::string method_;
    std::vector<std::string> headers_;
    std::vector<std::string> data_; ///< The last one counts.
    std::string data_file_;
};

} // namespace ladder::fetcher
