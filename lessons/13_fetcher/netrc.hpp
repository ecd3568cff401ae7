#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ladder::fetcher {

/// The passwords of hosts, as many programs share them in `~/.netrc`:
///
///     machine example.com login me password secret
///     default login anonymous password me@example.com
///
/// A text in double quotes may have blanks, and the usual escapes for line breaks and
/// tabs; `#` begins a comment. Macros are left out.
class netrc {
public:
    explicit netrc(std::string_view text);

    /// "login:password"; empty when there is none for that host, or for that login at it.
    std::string credentials(std::string_view host, std::string_view login = {}) const;

private:
    std::multimap<std::string, std::string> of_hosts_; ///< The first one counts.
    std::optional<std::string> of_others_;
};

/// Throws std::system_error when the file cannot be read.
netrc read_netrc(const std::string& file);

} // namespace ladder::fetcher
