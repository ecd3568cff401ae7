#include "page_file.hpp"

#include "processes/pipe.hpp"
#include "workbench/interleave.hpp"
#include "workbench/last_error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace {

constexpr std::size_t buffer_limit = 64 << 10; // bytes of one page kept in memory

/// Calls `step`, which returns false and leaves `errno` when it fails. When the folders
/// of `path` are not there yet, they are made, and `step` called again.
std::error_code in_folder(int parent, std::string_view path, auto step) {
    if (step()) return {};
    if (errno != ENOENT) return last_error_code();
    for (auto end = path.find('/'); end != path.npos; end = path.find('/', end + 1)) {
        const std::string folder{path.substr(0, end)};
        if (::mkdirat(parent, folder.c_str(), 0777) != 0 && errno != EEXIST)
            return last_error_code();
    }
    return step() ? std::error_code{} : last_error_code();
}

} // namespace

std::string page_name(std::uint64_t id) {
    return fmt::format("pages/{}/{}", id / 1000, id);
}

page_file::page_file(int folder, std::uint64_t id, const std::string& parts)
    : folder_(folder),
      name_(page_name(id)),
      part_(fmt::format("{}/{}.part", parts, id)) {}

page_file::~page_file() {
    if (file_) ::unlinkat(folder_, part_.c_str(), 0);
}

std::error_code page_file::write(std::string_view piece) {
    buffer_.append(piece);
    return buffer_.size() < buffer_limit ? std::error_code{} : flush();
}

// [finish]
std::error_code page_file::finish() {
    if (const auto error = flush()) return error;
    std::error_code error;
    if (::close(file_.release()) != 0)
        error = last_error_code(); // a full disk may only show now
    point("worker: page written");
    if (!error)
        error = in_folder(folder_, name_, [&] {
            return ::renameat(folder_, part_.c_str(), folder_, name_.c_str()) == 0;
        });
    if (error) ::unlinkat(folder_, part_.c_str(), 0);
    point("worker: page renamed");
    return error;
}

// [/finish]

std::error_code page_file::open() {
    return in_folder(folder_, part_, [&] {
        constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
        file_.reset(::openat(folder_, part_.c_str(), flags, 0666));
        return bool{file_};
    });
}

std::error_code page_file::flush() {
    if (!file_)
        if (const auto error = open()) return error;
    if (const auto error = processes::write_all(file_.get(), buffer_)) return error;
    buffer_.clear();
    return {};
}

} // namespace ladder::fetcher
