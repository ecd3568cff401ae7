#pragma once

#include <cstdint>
#include <string>

namespace ladder::fetcher {

/// How pages are asked for. A new option for that is a line here, a line in protocol.cpp,
/// where the workers hear of it, one in request_options.cpp, and one in
/// job_description.cpp, so that a job goes on with it.
struct request_settings {
    std::string method = "GET";
    std::string headers{}; ///< Lines, as `http_options` has them.
    std::string body{};
    std::uint32_t max_redirects = 0; ///< More of them are an error; 0: they are reported.
    bool insecure_redirects = false; ///< Also from https to http.
    std::string certificates{};      ///< A file of those to trust; empty: the system's.
    bool insecure = false;           ///< Certificates are not looked at.
    bool compressed = false;         ///< Ask for compressed pages, and undo that.
};

} // namespace ladder::fetcher
