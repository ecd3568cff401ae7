#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace ladder::fetcher {

/// The URL with its host as DNS knows it: `http://bücher.example/` is
/// `http://xn--bcher-kva.example/` (RFC 5891, UTS #46). Other URLs come back as they are;
/// a name that nobody could have registered is a `bad_url`. The text is UTF-8.
std::string with_ascii_host(std::string_view url, std::error_code& error);

/// The same for the name alone; what is none comes back as it is.
std::string ascii_name(std::string_view name);

} // namespace ladder::fetcher
