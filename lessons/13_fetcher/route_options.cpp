#include "route_options.hpp"

#include "netrc.hpp"
#include "route.hpp"
#include "workbench/option_parser.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include <net/if.h>
#include <sys/un.h>

namespace ladder::fetcher {

namespace {

std::string complaint_about_proxy(const std::string& text) try {
    read_proxy(text);
    return "";
} catch (const std::invalid_argument& error) {
    return error.what();
}

std::string complaint_about_route(const route_settings& settings) try {
    const router made{settings};
    return "";
} catch (const std::invalid_argument& error) {
    return error.what();
}

std::string complaint_about_list(const std::string& hosts) {
    const auto opened = hosts.rfind('[');
    return opened != hosts.npos && hosts.find(']', opened) == hosts.npos
               ? fmt::format("'{}' has no ]", hosts.substr(opened))
               : "";
}

std::string complaint_about_interface(const std::string& text) {
    boost::system::error_code no_address;
    boost::asio::ip::make_address(text, no_address);
    return no_address && ::if_nametoindex(text.c_str()) == 0
               ? fmt::format("there is no link '{}', and it is no address", text)
               : "";
}

std::string complaint_about_socket(const std::string& file) {
    return file.empty()                                  ? "it has no name"
           : file.size() < sizeof(sockaddr_un::sun_path) ? ""
                                                         : "its name is too long";
}

std::string complaint_about_netrc(const std::string& file) try {
    read_netrc(file);
    return "";
} catch (const std::system_error& error) {
    return error.what();
}

/// The first of these variables that has a value.
std::string variable(std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (const char* value = std::getenv(name); value && *value != '\0') return value;
    return {};
}

std::string proxy_of(std::initializer_list<const char*> names) {
    const std::string proxy = variable(names);
    if (const auto wrong = proxy.empty() ? "" : complaint_about_proxy(proxy);
        !wrong.empty())
        throw std::invalid_argument{fmt::format("{}: {}", *names.begin(), wrong)};
    return proxy;
}

} // namespace

void route_options::add_to(option_parser& options) {
    const char* group = "Ways";
    options
        .text("--proxy", &settings_.proxy,
              "http, https or socks5://HOST:PORT; without it, as http_proxy, "
              "https_proxy and all_proxy say")
        .value("URL")
        .check(complaint_about_proxy)
        .group(group);
    options
        .text("--no-proxy", &settings_.no_proxy,
              "hosts, domains or networks without one, with commas; * for all")
        .value("LIST")
        .check(complaint_about_list)
        .group(group);
    options
        .texts(
            "--connect-to", &connect_to_,
            "HOST:PORT:OTHER_HOST:OTHER_PORT; connect with the other in place of it; an "
            "empty HOST or PORT is any")
        .value("MAP")
        .check([](const std::string& line) {
            return complaint_about_route({.connect_to = line});
        })
        .group(group);
    options.texts("--resolve", &resolve_, "HOST:PORT:ADDRESS; do not look the name up")
        .value("MAP")
        .check([](const std::string& line) {
            return complaint_about_route({.resolve = line});
        })
        .group(group);
    options.flag("-4,--ipv4", &settings_.only_ipv4, "no IPv6 addresses").group(group);
    options.flag("-6,--ipv6", &settings_.only_ipv6, "no IPv4 addresses").group(group);
    options.text("--interface", &settings_.interface, "a link or an address to go out by")
        .value("NAME")
        .check(complaint_about_interface)
        .group(group);
    options
        .text("--unix-socket", &settings_.unix_socket, "connect with this file's server")
        .value("FILE")
        .check(complaint_about_socket)
        .group(group);
    options.flag("--netrc", &netrc_, "passwords of hosts from ~/.netrc").group(group);
    options.text("--netrc-file", &netrc_file_, "the same from another file")
        .value("FILE")
        .check(complaint_about_netrc)
        .group(group);
}

route_settings route_options::settings() const {
    route_settings s = settings_;
    const auto join = [](std::string& to, const std::vector<std::string>& lines) {
        if (!lines.empty()) to.clear();
        for (const std::string& line : lines)
            to += line + '\n';
    };
    join(s.connect_to, connect_to_);
    join(s.resolve, resolve_);
    if (s.only_ipv4 && s.only_ipv6)
        throw std::invalid_argument{"-4 and -6 together leave no address"};
    if (!netrc_file_.empty()) s.netrc = netrc_file_;
    if (netrc_ && netrc_file_.empty()) {
        s.netrc = variable({"HOME"}) + "/.netrc";
        if (const auto wrong = complaint_about_netrc(s.netrc); !wrong.empty())
            throw std::invalid_argument{wrong};
    }
    return s;
}

route_settings with_environment(route_settings s) {
    if (s.no_proxy.empty()) s.no_proxy = variable({"no_proxy", "NO_PROXY"});
    if (!s.proxy.empty()) return s;
    s.http_proxy = proxy_of({"http_proxy", "all_proxy", "ALL_PROXY"});
    s.https_proxy = proxy_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
    return s;
}

} // namespace ladder::fetcher
