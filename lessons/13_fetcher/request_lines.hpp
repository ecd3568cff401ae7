#pragma once

#include <string>
#include <string_view>

/// What users say about a request, on the command line and in a line of the list.
namespace ladder::fetcher {

/// What is wrong with a line like "Name: value"; empty: nothing.
std::string complaint_about_header(std::string_view line);

/// With a method of HTTP.
std::string complaint_about_method(std::string_view method);

/// Of lines with CR LF, those that say nothing about authorization and the like.
std::string without_secrets(std::string_view lines);

/// Of those, the ones that another host than the first may see: not its name, either.
std::string for_another_host(std::string_view lines);

/// Those that say nothing about a body, for a request that has lost its own (RFC 9110
/// §15.4).
std::string without_content(std::string_view lines);

/// `lines`, and those of `more`, which take the place of what has the same name.
std::string put_together(std::string_view lines, std::string_view more);

/// Moves what only a proxy may see, `Proxy-Authorization`, out of the lines.
void take_proxy_header(std::string& lines, std::string& of_proxy);

} // namespace ladder::fetcher
