#pragma once

#include "host_limits.hpp"

#include <string>

namespace ladder {
class option_parser;
}

namespace ladder::fetcher {

/// The options of the command line that say how often one may ask.
class politeness_options {
public:
    explicit politeness_options(const politeness& defaults);

    void add_to(option_parser& options);

    /// After the command line was read.
    politeness limits() const;

private:
    politeness limits_;
    std::string rate_;
    std::string per_host_rate_;
};

} // namespace ladder::fetcher
