#include "route.hpp"

#include "international_host.hpp"
#include "workbench/text.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace ladder::fetcher {

namespace ip = boost::asio::ip;

namespace {

/// Takes what stands before the colon off the front; an IPv6 address has brackets.
std::string next_field(std::string_view& text) {
    std::size_t end = text.starts_with('[') ? text.find(']') : 0;
    if (end == text.npos) throw std::invalid_argument{fmt::format("'{}' has no ]", text)};
    end = std::min(text.find(':', end), text.size());
    std::string field{text.substr(0, end)};
    text.remove_prefix(std::min(end + 1, text.size()));
    if (field.starts_with('[')) field = field.substr(1, field.size() - 2);
    return field;
}

std::string next_host(std::string_view& text) {
    return ascii_name(next_field(text));
}

std::string next_port(std::string_view& text) {
    std::string port = next_field(text);
    unsigned number = 0;
    const char* const end = port.data() + port.size();
    if (std::from_chars(port.data(), end, number).ptr != end || port.size() > 5 ||
        number > 65'535)
        throw std::invalid_argument{fmt::format("'{}' is no port", port)};
    return port;
}

bool equal_names(std::string_view a, std::string_view b) { // in any case
    return std::ranges::equal(
        a, b, {}, [](unsigned char c) { return std::tolower(c); },
        [](unsigned char c) { return std::tolower(c); });
}

void for_each_item(std::string_view list, std::string_view separators, auto take) {
    while (!list.empty()) {
        const auto item = list.substr(0, list.find_first_of(separators));
        list.remove_prefix(std::min(item.size() + 1, list.size()));
        if (!item.empty()) take(item);
    }
}

std::string headers_for(const std::optional<proxy_server>& proxy,
                        const std::string& said) {
    if (!said.empty() || !proxy || proxy->at.credentials.empty()) return said;
    return "Proxy-Authorization: Basic " + base64(proxy->at.credentials) + "\r\n";
}

bool is_in_network(const ip::address& address, std::string_view network) {
    boost::system::error_code e;
    if (address.is_v4()) {
        const auto net = ip::make_network_v4(std::string{network}, e);
        return !e && net.canonical() ==
                         ip::network_v4{address.to_v4(), net.prefix_length()}.canonical();
    }
    const auto net = ip::make_network_v6(std::string{network}, e);
    return !e && net.canonical() ==
                     ip::network_v6{address.to_v6(), net.prefix_length()}.canonical();
}

bool is_in_domain(std::string_view host, std::string_view domain) {
    if (domain.starts_with("*.")) domain.remove_prefix(1);
    if (domain.starts_with('.')) domain.remove_prefix(1);
    if (domain.ends_with('.')) domain.remove_suffix(1);
    if (host.ends_with('.')) host.remove_suffix(1);
    if (domain.empty() || host.size() < domain.size()) return false;
    const std::size_t before = host.size() - domain.size();
    return equal_names(host.substr(before), domain) &&
           (before == 0 || host[before - 1] == '.');
}

} // namespace

proxy_server read_proxy(std::string_view text) {
    const std::size_t scheme_end = text.find("://");
    const auto scheme = text.substr(0, scheme_end == text.npos ? 0 : scheme_end);
    const bool socks = equal_names(scheme, "socks5") || equal_names(scheme, "socks5h");
    const bool secure = equal_names(scheme, "https");
    const auto rest = text.substr(scheme.empty() ? 0 : scheme_end + 3);
    std::error_code error;
    const auto read = [&](std::string as) {
        return parse_url(ascii_name(rest).insert(0, as), error, schemes::also_https);
    };
    const auto plain = read("http://"), secured = read("https://");
    if (error || !(socks || secure || scheme.empty() || equal_names(scheme, "http")))
        throw std::invalid_argument{"a proxy is like http://HOST:PORT, "
                                    "https://HOST:PORT or socks5://HOST:PORT"};
    proxy_server proxy{.socks = socks, .at = secure ? secured : plain};
    // Without a port the two schemes have different ones.
    if (plain.port != secured.port && !secure) proxy.at.port = "1080";
    return proxy;
}

bool is_listed(const http_url& to, std::string_view no_proxy) {
    boost::system::error_code no_address;
    const auto address = ip::make_address(to.host, no_address);
    bool found = false;
    for_each_item(no_proxy, ", \t", [&](std::string_view item) {
        if (item.starts_with('[') && item.find(']') == item.npos) return; // nobody's
        if (item.find('/') != item.npos) {
            found |= !no_address && is_in_network(address, item);
            return;
        }
        boost::system::error_code no_whole_address;
        ip::make_address(std::string{item}, no_whole_address);
        std::string_view port = item;
        const std::string host = no_whole_address ? next_field(port) : std::string{item};
        if (no_whole_address && !port.empty() && port != to.port) return;
        boost::system::error_code no_other;
        const auto other = ip::make_address(host, no_other);
        found |= host == "*" || (no_address ? is_in_domain(to.host, host)
                                            : !no_other && other == address);
    });
    return found;
}

router::router(const route_settings& s) : by_unix_socket_(!s.unix_socket.empty()) {
    for_each_item(s.no_proxy, ", \t",
                  [&](auto item) { no_proxy_.append(ascii_name(item)) += ','; });
    const std::string& http = s.proxy.empty() ? s.http_proxy : s.proxy;
    const std::string& https = s.proxy.empty() ? s.https_proxy : s.proxy;
    if (!http.empty()) for_http_ = read_proxy(http);
    if (!https.empty()) for_https_ = read_proxy(https);
    http_headers_ = headers_for(for_http_, s.proxy_header);
    https_headers_ = headers_for(for_https_, s.proxy_header);
    for_each_item(s.connect_to, "\n", [&](auto line) { read_connect_to(line); });
    for_each_item(s.resolve, "\n", [&](auto line) { read_resolve(line); });
}

void router::read_connect_to(std::string_view line) {
    std::string_view rest = line;
    if (std::ranges::count(line, ':') < 3)
        throw std::invalid_argument{
            fmt::format("'{}' is not like HOST:PORT:OTHER_HOST:OTHER_PORT", line)};
    replacement& r = connect_to_.emplace_back();
    r.host = next_host(rest);
    if (r.host == "*") r.host.clear();
    r.port = next_port(rest);
    r.to_host = next_host(rest);
    r.to_port = next_port(rest);
    if (!rest.empty())
        throw std::invalid_argument{
            fmt::format("'{}' has more than HOST:PORT:OTHER_HOST:OTHER_PORT", line)};
}

void router::read_resolve(std::string_view line) {
    std::string_view rest = line;
    if (rest.starts_with('+')) rest.remove_prefix(1);
    known_host& known = known_.emplace_back();
    known.host = next_host(rest);
    known.port = next_port(rest);
    for_each_item(rest, ",", [&](std::string_view text) {
        boost::system::error_code no_address;
        std::string address{text};
        if (text.starts_with('[') && text.ends_with(']'))
            address = address.substr(1, address.size() - 2);
        ip::make_address(address, no_address);
        if (no_address)
            throw std::invalid_argument{fmt::format("'{}' is no address", text)};
        known.addresses.push_back(address);
    });
    if (known.addresses.empty() || known.port.empty())
        throw std::invalid_argument{
            fmt::format("'{}' is not like HOST:PORT:ADDRESS", line)};
}

const proxy_server* router::proxy_for(const http_url& to) const {
    const auto& proxy = to.secure ? for_https_ : for_http_;
    return proxy && !is_listed(to, no_proxy_) ? &*proxy : nullptr;
}

route router::find(const http_url& to) const {
    route way{.proxy = proxy_for(to), .host = to.node(), .port = to.port};
    const auto replaced = std::ranges::find_if(connect_to_, [&](const replacement& r) {
        return (r.host.empty() || equal_names(r.host, to.host)) &&
               (r.port.empty() || r.port == to.port);
    });
    if (replaced != connect_to_.end()) {
        if (!replaced->to_host.empty()) way.host = replaced->to_host;
        if (!replaced->to_port.empty()) way.port = replaced->to_port;
    }
    if (by_unix_socket_) {
        way.how = route::by::unix_socket;
        way.proxy = nullptr;
    } else if (way.proxy) {
        way.how = way.proxy->socks ? route::by::socks_proxy
                  : to.secure      ? route::by::tunnel
                                   : route::by::http_proxy;
    }
    const bool to_proxy = way.how == route::by::http_proxy; // also for other hosts
    const bool is_itself = way.how == route::by::itself && replaced == connect_to_.end();
    if (to_proxy || by_unix_socket_)
        way.key = "any";
    else
        way.key.append(lower_case(way.host)).append(" ").append(way.port);
    if (to.secure && !is_itself) way.key.append(" ").append(to.host).append(" tls");
    if (to.secure && is_itself) way.key += " tls";
    if (way.proxy) way.key.append(" by a proxy");
    return way;
}

const std::string& router::proxy_headers(const proxy_server& proxy) const {
    return for_http_ && &proxy == &*for_http_ ? http_headers_ : https_headers_;
}

std::vector<std::string> router::addresses(const std::string& host,
                                           const std::string& port) const {
    for (const known_host& known : known_)
        if ((known.host == "*" || equal_names(known.host, host)) && known.port == port)
            return known.addresses;
    return {};
}

} // namespace ladder::fetcher
