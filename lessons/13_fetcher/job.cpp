#include "job.hpp"

#include "file_blocks.hpp"
#include "journal.hpp"
#include "kept_list.hpp"
#include "list_lines.hpp"
#include "page_file.hpp"
#include "results_file.hpp"
#include "statistics.hpp"
#include "warc.hpp"
#include "workbench/interleave.hpp"
#include "workbench/last_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace fs = std::filesystem;

namespace {

constexpr mode_t secret = 0600; // URLs may have passwords

void make_folder(const std::string& folder) {
    if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) throw last_error(folder);
    struct stat about {};
    if (::stat(folder.c_str(), &about) == 0 && !S_ISDIR(about.st_mode))
        errno = ENOTDIR;
    else if (::access(folder.c_str(), W_OK | X_OK) == 0)
        return;
    throw last_error(folder);
}

/// A pipe can be read only once, a file as often as one likes.
bool can_be_copied(const std::string& input) {
    struct stat about {};
    if (input == "-") {
        const int flags = ::fcntl(STDIN_FILENO, F_GETFL);
        if (flags >= 0 && (flags & O_ACCMODE) == O_WRONLY) errno = EBADF;
        if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)
            throw last_error("standard input");
        return ::fstat(STDIN_FILENO, &about) == 0 && S_ISREG(about.st_mode);
    }
    if (::stat(input.c_str(), &about) != 0) throw last_error(input);
    if (S_ISDIR(about.st_mode)) {
        errno = EISDIR;
        throw last_error(input);
    }
    return S_ISREG(about.st_mode);
}

/// What is known of the list now: the URLs of the command line, and a file.
void keep_list(const std::string& to, const command_line& c, bool with_input) {
    results_file list{to, results_file::existing::replaced, secret};
    for_each_block_of_list(c, with_input,
                           [&](std::string_view block) { list.add(block); });
    list.flush();
    list.make_durable();
}

/// The line that was being read when somebody was killed is of no use.
void drop_unfinished_line(const std::string& list) {
    const processes::unique_fd file{::open(list.c_str(), O_RDWR | O_CLOEXEC)};
    if (!file) throw last_error(list);
    list_lines lines;
    for_each_block(file.get(), list, [&](std::string_view block) {
        lines.append(block);
        while (lines.next()) {
        }
    });
    if (::ftruncate(file.get(), static_cast<off_t>(lines.whole_bytes())) != 0)
        throw last_error(list);
}

void remove_job(const fs::path& folder) {
    // The description goes first: what is left of a job without it is no job.
    for (const char* name : {job_files::description, job_files::results, job_files::list,
                             job_files::pages, job_files::archives})
        fs::remove_all(folder / name);
}

/// A beginning that was killed leaves a lock and a list; all else is somebody's.
void keep_what_is_there(const fs::path& folder) {
    const bool begun = fs::exists(folder / job_files::lock);
    for (const char* name :
         {job_files::results, job_files::pages, job_files::archives, job_files::list})
        if (fs::exists(folder / name) && !(begun && name == job_files::list))
            throw job_error{
                fmt::format("{} is not of a job; take another folder, or lose "
                            "it with --overwrite",
                            (folder / name).string())};
}

/// What somebody was writing when he was killed.
void remove_left_over(const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator{folder})
        if (is_left_over(entry.path().filename().string())) fs::remove_all(entry.path());
}

std::string go_on_with(const fs::path& folder) {
    return fmt::format("go on with: fetcher resume {}", as_typed(folder));
}

} // namespace

bool done_lines::insert(std::uint64_t n) {
    if (n >= bits_.size()) bits_.resize(std::max<std::size_t>(2 * bits_.size(), n + 1));
    if (bits_[n]) return false;
    bits_[n] = true;
    ++size_;
    return true;
}

bool belongs_to_job(const fs::path& folder, const fs::path& file) {
    if (file.empty() || file == "-") return false;
    std::error_code ignored;
    const fs::path inside =
        fs::weakly_canonical(file, ignored)
            .lexically_relative(fs::weakly_canonical(folder, ignored));
    const fs::path first = inside.empty() ? inside : *inside.begin();
    return first == job_files::description || first == job_files::list ||
           first == job_files::results || first == job_files::lock ||
           first == job_files::pages || first == job_files::archives ||
           first == job_files::index;
}

bool is_left_over(std::string_view name) {
    if (name.starts_with(job_files::parts)) return true;
    if (!name.ends_with(".new")) return false;
    name.remove_suffix(4);
    return name == job_files::description || name == job_files::results ||
           name == job_files::index;
}

bool is_job(const fs::path& folder) {
    std::error_code error;
    const bool there = fs::exists(folder / job_files::description, error);
    if (error) throw std::system_error{error, folder.string()};
    return there;
}

command_line job_options(const fs::path& folder) {
    if (!is_job(folder))
        throw job_error{
            fmt::format("{} has no job; begin one with: fetcher -i FILE -o {}",
                        folder.string(), as_typed(folder))};
    const fs::path file = folder / job_files::description;
    const command_line c = read_description(file).options;
    const bool can_run = c.processes > 0 &&
                         c.processes <= shared_statistics::max_workers &&
                         c.concurrency > 0 && c.concurrency <= max_concurrency;
    if (!can_run) // somebody wrote it by hand
        throw job_error{
            fmt::format("{}: {} processes with {} pages at a time cannot run; "
                        "correct it, or begin anew with --overwrite",
                        file.string(), c.processes, c.concurrency)};
    return c;
}

job::job(fs::path folder, job_lock lock)
    : folder_(std::move(folder)),
      lock_(std::move(lock)) {}

job job::begin(const command_line& options) {
    const fs::path folder = options.folder;
    const bool copy = options.input.empty() || can_be_copied(options.input);
    make_folder(folder);
    if (!is_job(folder) && !options.overwrite) keep_what_is_there(folder);
    job_lock lock{folder / job_files::lock};
    const fs::path description = folder / job_files::description;
    if (is_job(folder) && !options.overwrite) {
        const std::string changed = difference(read_description(description), options);
        throw job_error{fmt::format(
            "{} has a job{}; {}, or begin anew with --overwrite", folder.string(),
            changed.empty() ? "" : " (" + changed + ")", go_on_with(folder))};
    }
    for (const std::string& list : options.lists())
        if (belongs_to_job(folder, list))
            throw job_error{
                fmt::format("{} is a file of the job in {}, and would be removed; "
                            "copy it first",
                            list, folder.string())};
    remove_job(folder);
    remove_left_over(folder);
    job begun{folder, std::move(lock)};
    begun.about_.options = options;
    begun.about_.whole_list = copy;
    keep_list(begun.list(), options, copy && !options.input.empty());
    point("supervisor: list kept");
    begun.about_.list = identify(begun.list());
    if (!options.archive.empty()) make_folder(folder / job_files::archives);
    begun.describe();
    begun.lock_.announce(0);
    return begun;
}

job job::resume(const command_line& options) {
    const fs::path folder = options.folder;
    job resumed{folder, job_lock{folder / job_files::lock}};
    resumed.about_ = read_description(folder / job_files::description);
    const std::string changed = difference(resumed.about_, options);
    if (!changed.empty())
        throw job_error{fmt::format("a job goes on with the list and the options with "
                                    "which it was begun: {}",
                                    changed)};
    remove_left_over(folder);
    if (!resumed.about_.whole_list) {
        drop_unfinished_line(resumed.list());
        resumed.about_.list = identify(resumed.list());
    } else if (const auto wrong =
                   difference(resumed.about_.list, identify(resumed.list()));
               !wrong.empty()) {
        throw job_error{
            fmt::format("{} was changed: {}; put it back, or begin anew with --overwrite",
                        resumed.list(), wrong)};
    }
    if (!options.archive.empty())
        finish_archives(folder / job_files::archives, options.archive);
    resumed.about_.options = options;
    resumed.describe();
    resumed.read_journal(options.retry_failed);
    resumed.lock_.announce(resumed.done_.size());
    return resumed;
}

void job::close_list() {
    // Not after its description: what power failed for would look like another list.
    results_file{list(), results_file::existing::continued}.make_durable();
    about_.whole_list = true;
    about_.list = identify(list());
    describe();
}

void job::remove_page(std::uint64_t n) const noexcept {
    ::unlink((folder_ / page_name(n)).c_str());
}

void job::write_index() const noexcept {
    const std::string name = folder_ / job_files::index, next = name + ".new";
    try {
        if (!fs::exists(folder_ / job_files::pages)) return;
        results_file index{next};
        for_each_line(results(), [&](std::string_view line) {
            const auto r = parse_record(line);
            if (r && !r->file.empty()) index.add(r->file + '\t' + r->url + '\n');
        });
        index.flush();
        fs::rename(next, name);
    } catch (const std::exception&) {
        ::unlink(next.c_str());
    }
}

void job::describe() {
    write_description(folder_ / job_files::description, about_);
    point("supervisor: job described");
}

void job::read_journal(bool retry_failed) {
    bool all_good = !retry_failed;
    done_lines in_list;
    for_each_entry(list(), [&](std::uint64_t n, std::string_view) { in_list.insert(n); });
    const auto first_of_its_url = [&](std::string_view line) {
        const auto n = record_number(line);
        return n && in_list.contains(*n) && done_.insert(*n);
    };
    const std::uint64_t whole = for_each_line(results(), [&](std::string_view line) {
        all_good = first_of_its_url(line) && all_good;
    });
    if (!all_good) {
        done_ = {};
        keep_lines(results(), [&](std::string_view line) {
            return !(retry_failed && worth_asking_again(line)) && first_of_its_url(line);
        });
    } else if (::truncate(results().c_str(), static_cast<off_t>(whole)) != 0 &&
               errno != ENOENT) {
        throw last_error(results());
    }
}

} // namespace ladder::fetcher
