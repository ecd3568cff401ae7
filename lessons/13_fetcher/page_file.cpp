#include "page_file.hpp"

#include "sha256.hpp"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace {

constexpr std::size_t buffer_limit = 64 << 10; // bytes of one page kept in memory

std::error_code last_error() {
    return {errno, std::generic_category()};
}

} // namespace

std::string file_name(std::string_view url) {
    thread_local sha256 hash;
    hash.update(url);
    const std::string digits = hash.finish();
    return digits.substr(0, 2) + '/' + digits.substr(2, 30);
}

std::string part_name(const std::string& name, std::int32_t run, std::uint64_t task_id) {
    return name.substr(0, 3) + std::to_string(run) + '-' + std::to_string(task_id) +
           ".part";
}

page_file::page_file(int folder, std::string_view url, std::int32_t run,
                     std::uint64_t task_id)
    : folder_(folder),
      name_(file_name(url)),
      part_(part_name(name_, run, task_id)) {}

page_file::page_file(page_file&& other) noexcept
    : folder_(other.folder_),
      name_(std::move(other.name_)),
      part_(std::move(other.part_)),
      buffer_(std::move(other.buffer_)),
      file_(std::exchange(other.file_, -1)) {}

page_file::~page_file() {
    if (file_ < 0) return;
    ::close(file_);
    ::unlinkat(folder_, part_.c_str(), 0);
}

std::error_code page_file::write(std::string_view piece) {
    buffer_.append(piece);
    return buffer_.size() < buffer_limit ? std::error_code{} : flush();
}

std::error_code page_file::finish() {
    if (const auto error = flush()) return error;
    // A full disk may only show now.
    if (::close(std::exchange(file_, -1)) != 0 ||
        ::renameat(folder_, part_.c_str(), folder_, name_.c_str()) != 0) {
        const auto error = last_error();
        ::unlinkat(folder_, part_.c_str(), 0);
        return error;
    }
    return {};
}

std::error_code page_file::open() {
    constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    file_ = ::openat(folder_, part_.c_str(), flags, 0666);
    if (file_ >= 0 || errno != ENOENT)
        return file_ >= 0 ? std::error_code{} : last_error();
    if (::mkdirat(folder_, name_.substr(0, 2).c_str(), 0777) != 0 && errno != EEXIST)
        return last_error();
    file_ = ::openat(folder_, part_.c_str(), flags, 0666);
    return file_ >= 0 ? std::error_code{} : last_error();
}

std::error_code page_file::flush() {
    if (file_ < 0)
        if (const auto error = open()) return error;
    for (std::string_view rest = buffer_; !rest.empty();) {
        const ssize_t written = ::write(file_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return last_error();
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
    return {};
}

} // namespace ladder::fetcher
