#pragma once

#include "workbench/http_url.hpp"

#include <string>
#include <string_view>
#include <system_error>

namespace ladder::fetcher {

class page_request;

/// A request, and after a redirect the next one.
struct hop {
    std::string url;                       ///< As it is shown, with its fragment.
    http_url to{};                         ///< The same, taken apart.
    std::string origin{};                  ///< Of it.
    const page_request* request = nullptr; ///< What is sent.
    std::string method{};                  ///< Of HTTP.
    bool with_body = true;
    /// With the headers that are for the first host alone, such as a password.
    bool with_secrets = true;
};

/// Takes the URL apart. A `bad_url` or `not_http` is an error.
std::error_code begin(hop& h);

/// An answer with this status and this Location sends us on (RFC 9110 §15.4).
bool is_redirect(int status, std::string_view location) noexcept;

/// Goes on to where the answer sends us: only to http and https, from https to http only
/// when `insecure_allowed`, to another host without what is secret, and with GET in place
/// of POST unless the status says otherwise. A relative Location is meant as a browser
/// means it. `location` may have blanks and UTF-8.
std::error_code follow(hop& h, int status, std::string_view location,
                       bool insecure_allowed);

} // namespace ladder::fetcher
