#include "warc.hpp"

#include "processes/pipe.hpp"
#include "workbench/last_error.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <iterator>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t buffered = 256 << 10; // bytes in memory
constexpr std::string_view end_of_record = "\r\n\r\n";

std::string file_name(const std::string& name, unsigned number) {
    return fmt::format("{}-{:05}.warc.gz", name, number);
}

} // namespace

warc_archive::warc_archive(std::string folder, std::string told, const std::string& name,
                           std::uint32_t worker, std::uint64_t limit)
    : folder_(std::move(folder)),
      told_(std::move(told)),
      name_(fmt::format("{}-{}", name, worker)),
      limit_(limit),
      random_(std::random_device{}()) {}

warc_archive::~warc_archive() {
    close();
}

std::error_code warc_archive::open() {
    for (;;) {
        const std::string final_path = folder_ + '/' + file_name(name_, ++number_);
        path_ = final_path + std::string{being_written};
        if (fs::exists(final_path)) continue;
        file_.reset(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (file_) break;
        if (errno != EEXIST) return last_error_code();
    }
    ::flock(file_.get(), LOCK_EX | LOCK_NB);
    written_ = whole_ = 0;
    constexpr std::string_view about =
        "software: the fetcher of The Concurrency Ladder\r\n"
        "format: WARC File Format 1.1\r\n"
        "conformsTo: "
        "https://iipc.github.io/warc-specifications/specifications/warc-format/"
        "warc-1.1/\r\n";
    const auto now = date(std::chrono::system_clock::now());
    std::error_code e = begin_record(
        fmt::format(
            "WARC/1.1\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: {}\r\nWARC-Date: {}\r\n"
            "WARC-Filename: {}\r\nContent-Type: application/warc-fields\r\n"
            "Content-Length: {}\r\n\r\n",
            record_id(), now, file_name(name_, number_), about.size()),
        about.size());
    if (!e) e = append(about);
    return e ? e : end_record();
}

std::error_code warc_archive::add(const archived_exchange& x, archive_place& place) {
    std::error_code e = failure_;
    if (!e && file_ && written_ + buffer_.size() >= limit_) e = close();
    if (!e && !file_) e = open();
    if (e) return e;
    place = {told_ + file_name(name_, number_), written_ + buffer_.size()};
    const std::string of_response = record_id();
    std::string header = fmt::format(
        "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: {}\r\nWARC-Date: {}\r\n"
        "WARC-Target-URI: {}\r\n",
        of_response, date(x.when), x.url);
    if (!x.address.empty())
        header.append("WARC-IP-Address: ").append(x.address).append("\r\n");
    fmt::format_to(std::back_inserter(header),
                   "WARC-Payload-Digest: sha256:{}\r\n"
                   "Content-Type: application/http;msgtype=response\r\n"
                   "Content-Length: {}\r\n\r\n",
                   x.payload_sha256, x.response.size());
    e = begin_record(header, x.response.size());
    if (!e) e = x.response.read([this](std::string_view bytes) { return append(bytes); });
    if (!e) e = end_record();
    if (!e)
        e = begin_record(
            fmt::format(
                "WARC/1.1\r\nWARC-Type: request\r\nWARC-Record-ID: {}\r\nWARC-Date: "
                "{}\r\n"
                "WARC-Target-URI: {}\r\nWARC-Concurrent-To: {}\r\n"
                "Content-Type: application/http;msgtype=request\r\nContent-Length: "
                "{}\r\n\r\n",
                record_id(), date(x.when), x.url, of_response, x.request.size()),
            x.request.size());
    if (!e) e = append(x.request);
    return e ? e : end_record();
}

/// `size` is of the buffered that follows.
std::error_code warc_archive::begin_record(std::string_view header, std::uint64_t size) {
    gzip_.begin(buffer_, header.size() + size + end_of_record.size());
    return append(header);
}

std::error_code warc_archive::append(std::string_view bytes) {
    gzip_.append(bytes);
    return gzip_.is_stored() || buffer_.size() < buffered ? std::error_code{} : flush();
}

std::error_code warc_archive::end_record() {
    gzip_.append(end_of_record);
    gzip_.end();
    whole_ = written_ + buffer_.size();
    return buffer_.size() < buffered ? std::error_code{} : flush();
}

/// After an error nothing is written any more, and the file has whole records.
std::error_code warc_archive::flush() {
    if (failure_) return failure_;
    failure_ = processes::write_all(file_.get(), buffer_);
    if (failure_)
        (void)!::ftruncate(file_.get(), static_cast<off_t>(std::min(whole_, written_)));
    else
        written_ += buffer_.size();
    buffer_.clear();
    return failure_;
}

std::error_code warc_archive::close() {
    if (!file_) return {};
    flush();
    file_.reset();
    const auto final_path = path_.substr(0, path_.size() - being_written.size());
    if (::rename(path_.c_str(), final_path.c_str()) != 0 && !failure_)
        failure_ = last_error_code();
    return failure_;
}

/// A random UUID (RFC 9562 §5.4).
std::string warc_archive::record_id() {
    const std::uint64_t a = random_(), b = random_();
    return fmt::format("<urn:uuid:{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}>", a >> 32,
                       a >> 16 & 0xffff, a & 0xfff, (b >> 48 & 0x3fff) | 0x8000,
                       b & 0xffff'ffff'ffff);
}

const std::string& warc_archive::date(std::chrono::system_clock::time_point when) {
    const auto second = std::chrono::floor<std::chrono::seconds>(when);
    if (date_.empty() || second != date_of_) {
        date_of_ = second;
        date_ = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                            fmt::gmtime(std::chrono::system_clock::to_time_t(when)));
    }
    return date_;
}

} // namespace ladder::fetcher
