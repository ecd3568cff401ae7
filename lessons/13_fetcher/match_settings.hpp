#pragma once

#include <string>

namespace ladder::fetcher {

/// Which pages are looked for, and by which words. A new one is a line here, one in
/// match_options.cpp, one in protocol.cpp and one in job_description.cpp.
struct match_settings {
    std::string url_template{}; ///< With `{}` where a word goes; empty: there is none.
    bool in_step = false; ///< The first words of all lists, the second ones, and so on.
    std::string status{}; ///< Like "200,301-308"; empty: any. So are the others.
    std::string size{};   ///< Of the body, in bytes, like "1-100,512".
    std::string body{};   ///< A text that is in it, or `re:` and a regular expression.
    std::string not_body{};
    bool calibrate = false; ///< What answers to random words is not looked for.

    /// Not every page is.
    bool active() const {
        return calibrate ||
               !(status.empty() && size.empty() && body.empty() && not_body.empty());
    }

    /// To tell, one has to look into the page.
    bool by_text() const { return calibrate || !(body.empty() && not_body.empty()); }
};

} // namespace ladder::fetcher
