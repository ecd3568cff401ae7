#include "job_lock.hpp"

#include "job.hpp"
#include "workbench/last_error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace {

struct flock whole_file() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

[[noreturn]] void refuse(pid_t owner, const std::filesystem::path& file) {
    const auto folder = file.parent_path();
    auto text = fmt::format("process {} is working on {}", owner, folder.string());
    if (is_job(folder)) text += "; see: fetcher status " + as_typed(folder);
    throw job_error{text}; // without it, they are the pages of a list that is elsewhere
}

} // namespace

job_lock::job_lock(const std::filesystem::path& file)
    : file_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (!file_) throw last_error(file);
    struct flock lock = whole_file();
    while (::fcntl(file_.get(), F_SETLK, &lock) != 0) {
        if (errno != EACCES && errno != EAGAIN) throw last_error(file);
        lock = whole_file();
        if (::fcntl(file_.get(), F_GETLK, &lock) != 0) throw last_error(file);
        if (lock.l_type != F_UNLCK) refuse(lock.l_pid, file);
        lock = whole_file(); // it has just ended
    }
}

void job_lock::announce(std::uint64_t done_before) {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const std::string line = fmt::format("{} {}\n", now.count(), done_before);
    if (::ftruncate(file_.get(), 0) != 0 ||
        ::pwrite(file_.get(), line.data(), line.size(), 0) < 0)
        return; // `status` cannot tell the rate then
}

std::optional<job_lock> lock_to_read(const std::filesystem::path& file) try {
    return job_lock{file};
} catch (const std::system_error& error) {
    if (error.code() != std::errc::read_only_file_system &&
        error.code() != std::errc::permission_denied)
        throw;
    if (const auto other = who_runs(file)) refuse(other->pid, file);
    return {};
}

std::optional<running_job> who_runs(const std::filesystem::path& file) {
    const processes::unique_fd in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    struct flock lock = whole_file();
    if (!in || ::fcntl(in.get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
        return {};
    running_job it{.pid = lock.l_pid};
    std::ifstream{file} >> it.started >> it.done_before;
    return it;
}

} // namespace ladder::fetcher
