#include "exchange_record.hpp"

#include "request_lines.hpp"

#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace ladder::fetcher {

namespace {

std::string address_of(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* bytes = nullptr;
    if (address.ss_family == AF_INET)
        bytes = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    else if (address.ss_family == AF_INET6)
        bytes = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (!bytes) return {};
    return ::inet_ntop(address.ss_family, bytes, text.data(), text.size()) ? text.data()
                                                                           : "";
}

} // namespace

archived_exchange begin_record(const warc_archive& archive, std::string_view request,
                               const http_url& url, connection& c, bool direct) {
    archived_exchange x{archive.folder()};
    x.url.append(url.secure ? "https://" : "http://").append(url.authority());
    x.url.append(url.target);
    // The first line stays as it is, and so does the body.
    const std::size_t first = request.find('\n') + 1;
    const std::size_t end = request.find("\r\n\r\n") + 2;
    x.request.append(request.substr(0, first))
        .append(without_secrets(request.substr(first, end - first)))
        .append(request.substr(end));
    if (direct) x.address = address_of(c.socket().native_handle());
    x.when = std::chrono::system_clock::now();
    return x;
}

} // namespace ladder::fetcher
