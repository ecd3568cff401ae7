#pragma once

#include <array>
#include <string>
#include <string_view>

/// What the program says about itself; the help, the manual and the completions are made
/// of it and of the options.
namespace ladder::fetcher {

inline constexpr std::string_view purpose =
    "fetches a list of URLs with several processes of many fibers each";

struct command_about {
    std::string_view name;
    std::string_view what;
};

inline constexpr std::array commands{
    command_about{"resume", "go on with the job in that folder"},
    command_about{"status", "how far it is"},
    command_about{"verify", "is everything there, once, and whole?"}};

inline constexpr std::string_view not_here =
    "Not here: HTTP/2 and HTTP/3 (take curl), cookies kept between pages and JavaScript "
    "(take a browser that is driven by a program).";

inline constexpr std::string_view exit_status =
    "Status: 0 every URL got an HTTP answer, 1 some did not, 2 wrong usage.";

/// The program's version and those of its libraries, as they are now.
std::string version_text();

} // namespace ladder::fetcher
