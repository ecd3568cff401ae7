#include "results_file.hpp"

#include "workbench/http_url.hpp"
#include "workbench/text.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace {

constexpr std::size_t block = 64 << 10; // bytes

void append_json(std::string& out, std::string_view text) {
    const auto needs_escape = [](unsigned char c) {
        return c < 0x20 || c >= 0x7f || c == '"' || c == '\\';
    };
    if (std::ranges::none_of(text, needs_escape)) {
        out += '"';
        out += text;
        out += '"';
        return;
    }
    std::string valid; // what is not UTF-8 must not make the line invalid
    while (!text.empty()) {
        const std::size_t size = utf8_size(text);
        valid += size > 0 ? text.substr(0, size) : "\xef\xbf\xbd"; // U+FFFD
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    out += boost::json::serialize(boost::json::string{valid});
}

void append_json_or_null(std::string& out, std::string_view text) {
    if (text.empty())
        out += "null";
    else
        append_json(out, text);
}

} // namespace

results_file::results_file(std::string name) : name_(std::move(name)) {
    if (name_ != "-") {
        file_.reset(
            ::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
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

void results_file::add(const task& t, const outcome& o, std::optional<std::size_t> worker,
                       const std::string& error) {
    if (failed_) return;
    lines_ += "{\"url\":";
    append_json(lines_, shown_url(t.url));
    fmt::format_to(std::back_inserter(lines_),
                   ",\"status\":{},\"bytes\":{},\"sha256\":", o.status, o.bytes);
    append_json_or_null(lines_, o.sha256);
    lines_ += ",\"file\":";
    append_json_or_null(lines_, o.file);
    lines_ += ",\"error\":";
    append_json_or_null(lines_, error.empty() && o.error ? o.error.message() : error);
    fmt::format_to(std::back_inserter(lines_), ",\"attempts\":{},\"elapsed_ms\":{}.{:03}",
                   o.attempts, o.elapsed.count() / 1000, o.elapsed.count() % 1000);
    if (worker)
        fmt::format_to(std::back_inserter(lines_), ",\"worker\":{}}}\n", *worker);
    else
        lines_ += ",\"worker\":null}\n";
    if (lines_.size() >= block) flush();
}

void results_file::flush() {
    if (failed_) return;
    failed_ = true; // unless all goes well
    write_lines();
    failed_ = false;
    lines_.clear();
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
