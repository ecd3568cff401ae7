#include "queue_address.hpp"

#include "workbench/last_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace ladder::beyond_one_machine {

namespace {

[[noreturn]] void refuse(std::string_view why) {
    throw std::invalid_argument{
        fmt::format("{}; a queue is mysql://USER@HOST,HOST/DATABASE", why)};
}

queue_address::host parse_host(std::string_view text) {
    queue_address::host result;
    const bool v6 = text.starts_with('['); // [::1]:3306
    const auto behind = v6 ? text.find(']') : text.find(':');
    if (v6 && behind == text.npos) refuse("a host of the queue has no ']'");
    result.name = text.substr(v6 ? 1 : 0, behind - (v6 ? 1 : 0));
    if (result.name.empty()) refuse("a host of the queue has no name");
    std::string_view port = text.substr(std::min(behind, text.size()));
    if (v6) port.remove_prefix(1);
    if (port.empty()) return result;
    if (!port.starts_with(':')) refuse(fmt::format("'{}' is no port", port));
    port.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(port.data(), port.data() + port.size(), result.port);
    if (error != std::errc{} || end != port.data() + port.size() || result.port == 0)
        refuse(fmt::format("'{}' is no port", port));
    return result;
}

bool on_this_machine(const queue_address::host& host) {
    return host.name == "localhost" || host.name == "::1" ||
           host.name.starts_with("127.");
}

} // namespace

queue_address parse_queue_address(const std::string& url) {
    constexpr std::string_view scheme = "mysql://";
    std::string_view rest = url;
    if (!rest.starts_with(scheme)) refuse("the queue has no mysql://");
    rest.remove_prefix(scheme.size());

    queue_address result;
    std::string_view option;
    if (const auto mark = rest.find('?'); mark != rest.npos) {
        option = rest.substr(mark + 1);
        rest = rest.substr(0, mark);
    }
    const auto slash = rest.find('/');
    if (slash == rest.npos || slash + 1 == rest.size()) refuse("it names no database");
    result.database = rest.substr(slash + 1);
    std::string_view hosts = rest.substr(0, slash);
    const auto at = hosts.rfind('@');
    if (at == hosts.npos || at == 0) refuse("it names no user");
    result.user = hosts.substr(0, at);
    if (result.user.find(':') != result.user.npos)
        refuse("a password does not belong on a command line, where others see it: "
               "--password-file FILE, or LADDER_QUEUE_PASSWORD");
    hosts.remove_prefix(at + 1);
    for (std::size_t begin = 0; begin <= hosts.size();) {
        const auto end = std::min(hosts.find(',', begin), hosts.size());
        result.hosts.push_back(parse_host(hosts.substr(begin, end - begin)));
        begin = end + 1;
    }

    if (std::ranges::all_of(result.hosts, on_this_machine))
        result.tls = queue_address::encryption::off;
    if (option == "tls=off") {
        result.tls = queue_address::encryption::off;
    } else if (option.starts_with("ca=")) {
        result.tls = queue_address::encryption::safe;
        result.certificates = option.substr(3);
    } else if (!option.empty()) {
        refuse(fmt::format("'{}' is neither ca=FILE nor tls=off", option));
    }
    return result;
}

std::string find_password(const std::string& given) {
    std::string file = given;
    if (file.empty())
        if (const char* named = std::getenv("LADDER_QUEUE_PASSWORD_FILE")) file = named;
    if (file.empty()) {
        const char* password = std::getenv("LADDER_QUEUE_PASSWORD");
        return password ? password : "";
    }
    std::ifstream in{file};
    std::string line;
    if (!in) throw last_error(file);
    std::getline(in, line);
    if (in.bad()) throw last_error(file);      // a folder can be opened, but not read
    if (line.ends_with('\r')) line.pop_back(); // written by another system
    return line;
}

} // namespace ladder::beyond_one_machine
