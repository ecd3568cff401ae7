#pragma once

#include "request_settings.hpp"
#include "task.hpp"

#include <string>
#include <string_view>

namespace ladder::fetcher {

/// What is sent for a task: what all have in common, but for what its own line says.
/// Valid as long as these.
class page_request {
public:
    /// `for_others` is what other hosts may see of the headers in `all`.
    page_request(const request_settings& all, const std::string& for_others,
                 const task& t);

    const std::string& method() const { return method_; }

    std::string_view body() const { return body_; }

    std::string_view headers(bool with_secrets) const {
        return with_secrets ? headers_ : for_others_;
    }

private:
    std::string method_;
    std::string_view body_, headers_, for_others_;
    std::string own_headers_, own_for_others_;
};

} // namespace ladder::fetcher
