#include "spool.hpp"

#include "processes/pipe.hpp"
#include "workbench/last_error.hpp"

#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace {

constexpr std::size_t in_memory = 64 << 10; // bytes

} // namespace

std::error_code spool::write(std::string_view bytes) {
    memory_.append(bytes);
    size_ += bytes.size();
    return memory_.size() < in_memory ? std::error_code{} : flush();
}

std::error_code spool::open() {
    std::string name = folder_ + "/.spool-XXXXXX";
    file_.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (!file_ || ::unlink(name.c_str()) != 0) return last_error_code();
    return {};
}

std::error_code spool::flush() {
    if (!file_)
        if (const auto error = open()) return error;
    if (const auto error = processes::write_all(file_.get(), memory_)) return error;
    memory_.clear();
    return {};
}

std::error_code
spool::read(const std::function<std::error_code(std::string_view)>& take) const {
    std::string block(file_ ? in_memory : 0, '\0');
    off_t at = 0;
    while (file_) {
        const ssize_t size = ::pread(file_.get(), block.data(), block.size(), at);
        if (size < 0) return last_error_code();
        if (size == 0) break;
        at += size;
        if (const auto error = take({block.data(), static_cast<std::size_t>(size)}))
            return error;
    }
    return memory_.empty() ? std::error_code{} : take(memory_);
}

} // namespace ladder::fetcher
