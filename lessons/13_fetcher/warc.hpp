#pragma once

#include "gzip_members.hpp"
#include "processes/unique_fd.hpp"
#include "spool.hpp"

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ladder::fetcher {

/// A request and its answer, as they went over the wire.
struct archived_exchange {
    explicit archived_exchange(std::string folder) : response(std::move(folder)) {}

    std::string url{};     ///< Without a password.
    std::string request{}; ///< Too.
    std::string address{}; ///< Of the server; empty: a proxy's, or none.
    std::chrono::system_clock::time_point when{};
    spool response;
    std::string payload_sha256{}; ///< Of the body without its transfer coding.
};

/// Where a record begins.
struct archive_place {
    std::string file; ///< With its final name, as it is to be told.
    std::uint64_t offset = 0;
};

inline constexpr std::string_view being_written = ".open"; ///< So such names end.

/// An archive of one worker, in files of about 1 GB (WARC, ISO 28500; each record is a
/// gzip member of its own, so one can read from any of them on):
///
///     NAME-WORKER-00001.warc.gz          a whole one
///     NAME-WORKER-00002.warc.gz.open     being written, and locked (flock(2))
///
/// A file is never opened again: who comes later begins the next one. So only the last
/// record of a file may be cut, when its writer was killed; see `finish_archives`.
class warc_archive {
public:
    static constexpr std::uint64_t usual_limit = 1'000'000'000; ///< Bytes of a file.

    /// `folder` and `name` are of the files; `told` is what stands before their names in
    /// the results. Nothing is written yet.
    warc_archive(std::string folder, std::string told, const std::string& name,
                 std::uint32_t worker, std::uint64_t limit = usual_limit);
    ~warc_archive(); ///< As `close`.
    warc_archive(const warc_archive&) = delete;
    warc_archive& operator=(const warc_archive&) = delete;

    /// Adds a record of the answer and one of the request; small ones stay in memory.
    std::error_code add(const archived_exchange& exchange, archive_place& place);
    /// All that was added is in the file.
    std::error_code flush();
    /// The file has its final name.
    std::error_code close();

    const std::string& folder() const noexcept { return folder_; }

private:
    std::error_code open();
    std::error_code begin_record(std::string_view header, std::uint64_t size);
    std::error_code append(std::string_view bytes);
    std::error_code end_record();
    std::string record_id();
    const std::string& date(std::chrono::system_clock::time_point when);

    std::string folder_, told_, name_;
    std::uint64_t limit_;
    unsigned number_ = 0;
    std::string path_; ///< Of the file, while it is open.
    processes::unique_fd file_;
    std::uint64_t written_ = 0;
    std::string buffer_;      ///< Behind that.
    std::uint64_t whole_ = 0; ///< Where the last whole record ends.
    std::error_code failure_; ///< The first one.
    gzip_members gzip_;
    std::mt19937_64 random_;
    std::string date_;
    std::chrono::system_clock::time_point date_of_{};
};

/// Gives those files that nobody writes any more, and have not their final names, these
/// names. A record that was cut goes away. Throws std::system_error.
void finish_archives(const std::string& folder, const std::string& name);

/// Looks whether a whole record of an answer begins there, in a file that may not have
/// its final name yet. `sha256` is of its payload; empty: any. Returns what is wrong, or
/// nothing.
std::string complaint_about_record(const std::string& file, std::uint64_t offset,
                                   std::string_view sha256);

} // namespace ladder::fetcher
