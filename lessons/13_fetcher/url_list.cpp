#include "url_list.hpp"

#include "fibers_on_asio/yield.hpp"
#include "workbench/interleave.hpp"

#include <boost/fiber/operations.hpp>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ladder::fetcher {

using fibers_on_asio::yield;
using processes::unique_fd;

namespace {

constexpr std::size_t block = 64 << 10; // bytes

/// Lines with something in them, from where the file is read on.
std::uint64_t count_lines(int file) {
    std::string bytes(block, '\0');
    list_lines lines;
    std::uint64_t count = 0;
    const auto count_them = [&] {
        while (lines.next())
            ++count;
    };
    ssize_t size = 0;
    for (off_t at = std::max<off_t>(::lseek(file, 0, SEEK_CUR), 0);
         (size = ::pread(file, bytes.data(), bytes.size(), at)) > 0; at += size) {
        lines.append({bytes.data(), static_cast<std::size_t>(size)});
        count_them();
    }
    lines.end();
    count_them();
    return count;
}

/// None, with `errno`, when it cannot be read.
unique_fd open_list(const std::string& file) {
    if (file != "-") return unique_fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    const int flags = ::fcntl(STDIN_FILENO, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) != O_WRONLY)
        return unique_fd{::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)};
    errno = EBADF;
    return {};
}

/// A descriptor that is readable when `file` is; none when that is always so.
///
/// Asio makes what it waits for non-blocking, and that flag belongs to the open file
/// itself, which others use too: the shell has the same terminal, and a terminal is
/// standard output as well. So Asio waits for an epoll instance of our own (epoll(7)).
unique_fd open_waiter(int file) {
    unique_fd waiter{::epoll_create1(EPOLL_CLOEXEC)};
    epoll_event readable{.events = EPOLLIN, .data = {}};
    if (::epoll_ctl(waiter.get(), EPOLL_CTL_ADD, file, &readable) != 0) return {};
    return waiter;
}

} // namespace

url_list::url_list(boost::asio::io_context& io, std::vector<std::string> urls,
                   const std::string& file, const list_reading& how)
    : url_template_(how.url_template),
      format_(how.format),
      urls_(std::move(urls)),
      file_name_(file == "-" ? "standard input" : file),
      size_(urls_.size()) {
    if (!url_template_.empty()) words_.emplace(how.more_lists, how.in_step);
    if (file.empty()) return;
    file_ = open_list(file);
    struct stat about {};
    if (!file_ || ::fstat(file_.get(), &about) != 0)
        throw std::system_error{errno, std::generic_category(), file_name_};
    if (S_ISDIR(about.st_mode))
        throw std::system_error{EISDIR, std::generic_category(), file_name_};
    closed_ = false;
    if (S_ISREG(about.st_mode)) {
        const std::size_t lines = count_lines(file_.get());
        *size_ += words_ ? words_->count(lines) : lines;
    } else {
        size_.reset();
    }
    if (unique_fd waiter = open_waiter(file_.get())) {
        pipe_.emplace(io, waiter.get());
        static_cast<void>(waiter.release());
    }
}

void url_list::keep_in(const std::string& file) {
    kept_.emplace(file, results_file::existing::continued);
}

std::optional<task> url_list::next() {
    if (next_url_ < urls_.size()) {
        std::string& url = urls_[next_url_++];
        return task{.id = next_url_, .url = std::move(url)};
    }
    while (!closed_) {
        if (words_)
            if (auto made = next_of_words()) return made;
        if (const auto line = lines_.next()) {
            if (!words_)
                return read_entry(urls_.size() + lines_.number(), *line, format_);
            words_->begin(*line);
            continue;
        }
        if (at_end_) break;
        fill();
    }
    return {};
}

std::optional<task> url_list::next_of_words() {
    const auto words = words_->next();
    if (!words) return {};
    task made{.id = ++made_,
              .url = filled_in(url_template_, *words),
              .words = std::string{*words}};
    if (kept_) {
        kept_->add(made.url + '\t' + made.words + '\n');
        kept_->flush();
        point("supervisor: list kept");
    }
    return made;
}

/// Reads one more block; the end of the file is noted in `at_end_`.
void url_list::fill() {
    if (pipe_) {
        boost::system::error_code ignored; // it was closed
        pipe_->async_wait(boost::asio::posix::descriptor_base::wait_read, yield[ignored]);
    } else {
        boost::this_fiber::yield(); // files never make us wait, but others want a turn
    }
    if (closed_) return;
    block_.resize(block);
    const ssize_t got = ::read(file_.get(), block_.data(), block_.size());
    if (got > 0) {
        const std::string_view bytes{block_.data(), static_cast<std::size_t>(got)};
        if (kept_ && !words_) {
            kept_->add(bytes);
            kept_->flush();
            point("supervisor: list kept");
        }
        lines_.append(bytes);
    }
    if (got < 0 && errno != EINTR && errno != EAGAIN)
        throw std::system_error{errno, std::generic_category(), file_name_};
    at_end_ = got == 0;
    if (at_end_) lines_.end();
}

void url_list::close() noexcept {
    next_url_ = urls_.size();
    closed_ = true;
    boost::system::error_code ignored;
    if (pipe_) pipe_->cancel(ignored);
}

} // namespace ladder::fetcher
