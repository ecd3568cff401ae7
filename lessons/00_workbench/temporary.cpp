#include "temporary.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace ladder {
namespace {

namespace fs = std::filesystem;

std::string pattern(std::string_view name) {
    std::error_code error;
    const fs::path where = fs::temp_directory_path(error);
    if (error) {
        const char* said = std::getenv("TMPDIR");
        throw std::system_error{error,
                                std::string{"TMPDIR is "} + (said ? said : "/tmp")};
    }
    return (fs::absolute(where) / name).string() + "XXXXXX";
}

std::system_error failure(const std::string& path) {
    return {errno, std::generic_category(), path};
}

bool write(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t size = ::write(file, text.data(), text.size());
        if (size < 0 && errno != EINTR) return false;
        if (size > 0) text.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

} // namespace

temporary_file::temporary_file(std::string_view content, std::string_view name)
    : path_(pattern(name)),
      owner_(::getpid()) {
    const int file = ::mkostemp(path_.data(), O_CLOEXEC);
    if (file < 0) throw failure(path_);
    removal_.begin(path_);
    const bool written = write(file, content);
    const auto error = failure(path_);
    ::close(file);
    if (written) return;
    ::unlink(path_.c_str());
    throw error;
}

temporary_file::~temporary_file() {
    if (owner_ == ::getpid()) ::unlink(path_.c_str());
}

std::string temporary_file::content() const {
    std::string text;
    const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return text;
    std::array<char, 4096> room;
    for (ssize_t size = 0; (size = ::read(file, room.data(), room.size())) > 0;)
        text.append(room.data(), static_cast<std::size_t>(size));
    ::close(file);
    return text;
}

temporary_folder::temporary_folder(std::string_view name)
    : path_(pattern(name)),
      owner_(::getpid()) {
    if (::mkdtemp(path_.data()) == nullptr) throw failure(path_);
    removal_.begin(path_);
}

temporary_folder::~temporary_folder() {
    std::error_code ignored;
    if (owner_ == ::getpid()) fs::remove_all(path_, ignored);
}

std::string temporary_folder::operator/(std::string_view name) const {
    return path_ + '/' + std::string{name};
}

} // namespace ladder
