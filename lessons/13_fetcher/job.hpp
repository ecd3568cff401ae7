#pragma once

#include "command_line.hpp"
#include "job_description.hpp"
#include "job_lock.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// A folder with a run in it, which may be moved, and goes on after anything:
///
///     job.json        the options and the list; there before anything is fetched
///     list            the list itself, so that nothing outside is needed
///     results.jsonl   a line for each URL that has its outcome: the journal
///     pages/17/17342  the page of line 17342
///     index.tsv       which file has which URL, for those who have no JSON; made of the
///                     journal when a run ends
///     warc/           with --warc, archives in place of the pages
///     lock            locked by the process that runs the job
///     .parts-PID-N/   pages that worker N is just saving
namespace ladder::fetcher {

namespace job_files {
inline constexpr const char* description = "job.json";
inline constexpr const char* list = "list";
inline constexpr const char* results = "results.jsonl";
inline constexpr const char* pages = "pages";
inline constexpr const char* archives = "warc";
inline constexpr const char* index = "index.tsv";
inline constexpr const char* lock = "lock";
inline constexpr const char* parts = ".parts-"; ///< So their names begin.
} // namespace job_files

/// Throws std::system_error when nobody may look.
bool is_job(const std::filesystem::path& folder);

/// Is a file of a job's folder with this name what a killed process had not finished?
/// Nobody misses it, and `resume` removes it.
bool is_left_over(std::string_view name);

/// Is that one of the files by which this folder is, or would be, a job?
bool belongs_to_job(const std::filesystem::path& folder,
                    const std::filesystem::path& file);

/// With which options it was begun, or went on last. Throws job_error when there is no
/// job.
command_line job_options(const std::filesystem::path& folder);

/// Some lines of a list, by their numbers: those that are done, say.
class done_lines {
public:
    bool contains(std::uint64_t n) const { return n < bits_.size() && bits_[n]; }
    bool insert(std::uint64_t n); ///< False when it was there.
    std::uint64_t size() const noexcept { return size_; }

private:
    std::vector<bool> bits_;
    std::uint64_t size_ = 0;
};

/// The job of this process, which has its lock.
class job {
public:
    /// A new one. The folder is made, and a list that is a file is copied. Throws
    /// job_error when there is a job already, unless `options.overwrite`, which removes
    /// it; std::system_error.
    static job begin(const command_line& options);

    /// One that was begun. What of the journal is no whole line, of no line of the list,
    /// or the second one for its URL, is dropped, and with `options.retry_failed` what
    /// failed. Throws job_error when the options would change what comes out, or when
    /// somebody changed the list.
    static job resume(const command_line& options);

    const std::filesystem::path& folder() const noexcept { return folder_; }
    std::string results() const { return folder_ / job_files::results; }
    std::string list() const { return folder_ / job_files::list; }

    const done_lines& done() const noexcept { return done_; }

    /// Of a URL that ended without a page: the one that a worker may have saved, and not
    /// reported, before it was killed.
    void remove_page(std::uint64_t n) const noexcept;

    /// Makes the index of the pages, if there are any; nobody misses it when there is no
    /// room for it.
    void write_index() const noexcept;

    /// The list is standard input and is still being read.
    bool list_is_open() const noexcept { return !about_.whole_list; }
    /// All of standard input is in the list now.
    void close_list();

private:
    job(std::filesystem::path folder, job_lock lock);
    void describe();
    void read_journal(bool retry_failed);

    std::filesystem::path folder_;
    job_lock lock_;
    job_description about_;
    done_lines done_;
};

} // namespace ladder::fetcher
