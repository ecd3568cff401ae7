#include "file_blocks.hpp"

#include "workbench/last_error.hpp"

#include <cerrno>

#include <unistd.h>

namespace ladder::fetcher {

void for_each_block(int file, const std::string& name,
                    const std::function<void(std::string_view)>& take) {
    std::string block(256 << 10, '\0');
    for (;;) {
        const ssize_t size = ::read(file, block.data(), block.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) throw last_error(name);
        if (size == 0) return;
        take({block.data(), static_cast<std::size_t>(size)});
    }
}

} // namespace ladder::fetcher
