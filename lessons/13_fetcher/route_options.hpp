#pragma once

#include "route_settings.hpp"

#include <string>
#include <vector>

namespace ladder {
class option_parser;
}

namespace ladder::fetcher {

/// The options of the command line that say by which way servers are reached.
class route_options {
public:
    explicit route_options(const route_settings& defaults) : settings_(defaults) {}

    void add_to(option_parser& options);

    /// After the command line was read.
    route_settings settings() const;

private:
    route_settings settings_;
    std::vector<std::string> connect_to_;
    std::vector<std::string> resolve_;
    std::string netrc_file_;
    bool netrc_ = false;
};

/// The same, and what the environment says about proxies: `http_proxy` (in small letters
/// alone: a CGI program has HTTP_PROXY from whoever asks), `https_proxy`, `all_proxy` and
/// `no_proxy`. Throws std::invalid_argument.
route_settings with_environment(route_settings settings);

} // namespace ladder::fetcher
