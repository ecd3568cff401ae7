#include "worker_link.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>

namespace ladder::process_pool {

void worker_link::write(const std::deque<std::shared_ptr<job>>& held) {
    constexpr std::size_t most = 64; // frames in one call
    while (written < held.size()) {
        std::array<frame_header, most> headers;
        std::array<iovec, 2 * most> parts;
        std::size_t count = 0, skip = offset;
        for (std::size_t i = 0; i < most && written + i < held.size(); ++i) {
            job& task = *held[written + i];
            headers[i] = {task.request.size(), task.number, frame_kind::task};
            for (iovec part : {iovec{&headers[i], sizeof headers[i]},
                               iovec{task.request.data(), task.request.size()}}) {
                const std::size_t gone = std::min(skip, part.iov_len);
                skip -= gone;
                part.iov_base = static_cast<char*>(part.iov_base) + gone;
                part.iov_len -= gone;
                if (part.iov_len > 0) parts[count++] = part;
            }
        }
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        const ssize_t size =
            ::sendmsg(socket.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        blocked = size < 0 && (errno == EAGAIN || errno == ENOBUFS);
        if (size < 0) return; // if it died, the end of its stream says so
        offset += static_cast<std::size_t>(size);
        while (written < held.size()) {
            const std::size_t whole =
                sizeof(frame_header) + held[written]->request.size();
            if (offset < whole) break;
            offset -= whole;
            ++written;
        }
    }
    blocked = false;
}

} // namespace ladder::process_pool
