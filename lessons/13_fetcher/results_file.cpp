#include "results_file.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace {

constexpr std::size_t block = 64 << 10; // bytes

} // namespace

results_file::results_file(std::string name, existing what, mode_t permissions)
    : name_(std::move(name)) {
    if (name_ != "-") {
        const int how = what == existing::replaced ? O_TRUNC : O_APPEND;
        file_.reset(
            ::open(name_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, permissions));
    } else {
        name_ = "standard output";
        const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
        if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY)
            file_.reset(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
        else
            errno = EBADF;
    }
    if (!file_) throw std::system_error{errno, std::generic_category(), name_};
}

void results_file::add(std::string_view lines) {
    if (failed_) return;
    lines_ += lines;
    if (lines_.size() >= block) flush();
}

bool results_file::flush() {
    if (failed_ || lines_.empty()) return false;
    failed_ = true; // unless all goes well
    write_lines();
    failed_ = false;
    lines_.clear();
    return true;
}

void results_file::make_durable() {
    if (!failed_ && ::fdatasync(file_.get()) != 0 && errno != EINVAL && errno != EROFS)
        throw std::system_error{errno, std::generic_category(), name_};
}

void results_file::write_lines() {
    std::string_view rest = lines_;
    while (!rest.empty()) {
        const ssize_t written = ::write(file_.get(), rest.data(), rest.size());
        if (written >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) { // somebody else made it non-blocking
            pollfd room{.fd = file_.get(), .events = POLLOUT, .revents = 0};
            ::poll(&room, 1, -1);
        } else if (errno != EINTR) {
            const std::system_error error{errno, std::generic_category(), name_};
            take_back(lines_.size() - rest.size());
            throw error;
        }
    }
}

/// Of the `written` bytes, removes the beginning of a line whose end found no room.
void results_file::take_back(std::size_t written) {
    const std::size_t whole = lines_.substr(0, written).rfind('\n') + 1; // npos + 1 is 0

    struct stat about {};

    if (written > whole && ::fstat(file_.get(), &about) == 0 && S_ISREG(about.st_mode))
        (void)!::ftruncate(file_.get(),
                           about.st_size - static_cast<off_t>(written - whole));
}

} // namespace ladder::fetcher
