#include "quiet_socket.hpp"

#include <cerrno>

#include <sys/socket.h>

namespace ladder {

bool is_quiet(int socket) noexcept {
    char byte = 0;
    return ::recv(socket, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

} // namespace ladder
