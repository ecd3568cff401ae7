#include "warc.hpp"
#include "workbench/last_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

namespace ladder::fetcher {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t read_size = 256 << 10; // bytes
constexpr int any_gzip_window = 15 + 16;     // zlib: its largest, and a gzip header

/// Reads gzip members from `at` on, and gives what is in them to `take`. Calls
/// `member_ended` with where one ends, and goes on while that returns true and there is a
/// whole one.
void for_each_member(int file, const std::string& name, std::uint64_t at,
                     const std::function<void(std::string_view)>& take,
                     const std::function<bool(std::uint64_t)>& member_ended) {
    z_stream z{};
    if (::inflateInit2(&z, any_gzip_window) != Z_OK) throw last_error(name);
    const std::unique_ptr<z_stream, int (*)(z_stream*)> end{&z, ::inflateEnd};
    std::string in(read_size, '\0'), out(read_size, '\0');
    for (int result = Z_OK; result == Z_OK || result == Z_BUF_ERROR;) {
        if (z.avail_in == 0) {
            const ssize_t size =
                ::pread(file, in.data(), in.size(), static_cast<off_t>(at));
            if (size < 0) throw last_error(name);
            if (size == 0) break;
            at += static_cast<std::uint64_t>(size);
            z.next_in = reinterpret_cast<Bytef*>(in.data());
            z.avail_in = static_cast<uInt>(size);
        }
        z.next_out = reinterpret_cast<Bytef*>(out.data());
        z.avail_out = static_cast<uInt>(out.size());
        result = ::inflate(&z, Z_NO_FLUSH);
        take({out.data(), out.size() - z.avail_out});
        if (result != Z_STREAM_END) continue;
        if (!member_ended(at - z.avail_in)) break;
        result = ::inflateReset(&z);
    }
}

void finish(const std::string& path) {
    const processes::unique_fd file{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
    if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return; // somebody's
    std::uint64_t whole = 0;
    for_each_member(
        file.get(), path, 0, [](std::string_view) {},
        [&](std::uint64_t end) {
            whole = end;
            return true;
        });
    if (whole == 0) { // nothing was written yet
        fs::remove(path);
        return;
    }
    const auto final_path = path.substr(0, path.size() - being_written.size());
    if (::ftruncate(file.get(), static_cast<off_t>(whole)) != 0 ||
        ::rename(path.c_str(), final_path.c_str()) != 0)
        throw last_error(path);
}

} // namespace

void finish_archives(const std::string& folder, const std::string& name) {
    std::error_code none;
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator{folder, none}) {
        const std::string file = entry.path().filename();
        if (file.starts_with(name + '-') && file.ends_with(being_written))
            found.push_back(entry.path());
    }
    for (const std::string& path : found)
        finish(path);
}

std::string complaint_about_record(const std::string& path, std::uint64_t offset,
                                   std::string_view sha256) {
    processes::unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file && errno == ENOENT)
        file.reset(
            ::open((path + std::string{being_written}).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return last_error(path).what();
    std::string header;
    bool is_whole = false;
    for_each_member(
        file.get(), path, offset,
        [&](std::string_view piece) {
            constexpr std::size_t longest_header = 128 << 10;
            header +=
                piece.substr(0, longest_header - std::min(longest_header, header.size()));
        },
        [&](std::uint64_t) {
            is_whole = true;
            return false;
        });
    if (!is_whole) return fmt::format("there is no whole record at {}", offset);
    header.resize(std::min(header.find("\r\n\r\n"), header.size()));
    if (header.find("\r\nWARC-Type: response\r\n") == std::string::npos)
        return fmt::format("the record at {} is of no answer", offset);
    if (!sha256.empty() &&
        header.find(fmt::format("sha256:{}\r\n", sha256)) == std::string::npos)
        return fmt::format("the record at {} has another content", offset);
    return {};
}

} // namespace ladder::fetcher
