#include "verify.hpp"

#include "job.hpp"
#include "journal.hpp"
#include "kept_list.hpp"
#include "list_lines.hpp"
#include "page_file.hpp"
#include "progress.hpp"
#include "warc.hpp"
#include "workbench/option_parser.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ladder::fetcher {

namespace fs = std::filesystem;

namespace {

/// One look at a folder. A URL is known by its hash and by the number of its line, so
/// that two million of them take 16 MB.
class inspection {
public:
    inspection(const fs::path& folder, bool repair,
               const std::function<void(const std::string&)>& tell)
        : folder_(folder),
          options_(job_options(folder)),
          repair_(repair),
          tell_(tell) {}

    verification operator()() {
        compare_list();
        read_list();
        for_each_line(results(), [this](std::string_view line) { look_at(line); });
        for (std::uint64_t n = 0; n < urls_.size(); ++n)
            if (urls_[n] != 0 && !seen_.contains(n)) {
                complain(fmt::format("line {}: no outcome", n));
                ++seen_now_.missing;
            }
        look_at_folder();
        if (repair_ && bad_records_) repair_journal();
        seen_now_.outcomes = good_.size();
        return seen_now_;
    }

private:
    std::string results() const { return folder_ / job_files::results; }

    void complain(const std::string& what) {
        ++seen_now_.wrong;
        tell_(what);
    }

    static std::size_t hash(std::string_view url) {
        return std::hash<std::string_view>{}(url) | 1; // 0: a line without a URL
    }

    void compare_list() {
        const auto about = read_description(folder_ / job_files::description);
        if (!about.whole_list) return; // it grew since then
        const auto now = identify(folder_ / job_files::list);
        if (const auto other = difference(about.list, now); !other.empty()) {
            complain(other);
            seen_now_.other_list = true;
            repair_ = false;
        }
    }

    void read_list() {
        const list_format format = format_of_list(options_);
        for_each_entry(
            folder_ / job_files::list, [&](std::uint64_t number, std::string_view line) {
                urls_.resize(number + 1);
                urls_.back() = hash(recorded_url(read_entry(number, line, format).url));
                ++seen_now_.lines;
            });
    }

    void look_at(std::string_view line) {
        const auto r = parse_record(line);
        const auto wrong = r ? what_is_wrong(*r)
                             : std::optional<std::string>{
                                   fmt::format("no record: {}", line.substr(0, 60))};
        if (!wrong) {
            good_.insert(r->n);
            seen_now_.pages += r->file.empty() ? 0 : 1;
            return;
        }
        bad_records_ = true;
        std::error_code not_there;
        if (repair_ && r && named_.contains(r->n) && !good_.contains(r->n) &&
            fs::exists(fs::symlink_status(folder_ / page_name(r->n), not_there)))
            fs::remove_all(folder_ / page_name(r->n));
        complain(r ? fmt::format("line {}: {}", r->n, *wrong) : *wrong);
    }

    std::optional<std::string> what_is_wrong(const record& r) {
        if (r.n >= urls_.size() || urls_[r.n] == 0) return "the list has no such line";
        if (!seen_.insert(r.n)) return "a second outcome";
        if (urls_[r.n] != hash(r.url)) return "the outcome is of another URL: " + r.url;
        if (r.file.empty()) return {};
        if (r.offset) return what_is_wrong_in_archive(r);
        if (r.file != page_name(r.n)) return "saved under a strange name: " + r.file;
        named_.insert(r.n);
        std::error_code error;
        const auto size = fs::file_size(folder_ / r.file, error);
        if (error) return fmt::format("{}: {}", r.file, error.message());
        if (size != r.bytes)
            return fmt::format("{} has {} bytes instead of {}", r.file, size, r.bytes);
        if (identify(folder_ / r.file).sha256 != r.sha256)
            return r.file + " has another content";
        return {};
    }

    std::optional<std::string> what_is_wrong_in_archive(const record& r) const {
        const std::string wrong = complaint_about_record(
            folder_ / r.file, *r.offset, options_.request.compressed ? "" : r.sha256);
        if (wrong.empty()) return {};
        return fmt::format("{}: {}", r.file, wrong);
    }

    /// Of what is in there, only what the journal names may be.
    void look_at_folder() {
        for (const auto& entry : fs::directory_iterator{folder_}) {
            const std::string name = entry.path().filename();
            const bool is_folder = entry.is_directory() && !entry.is_symlink();
            if (name == job_files::description || name == job_files::list ||
                name == job_files::results || name == job_files::lock ||
                name == job_files::index)
                continue;
            if (name == job_files::pages && is_folder)
                look_at_pages(entry.path());
            else if (name == job_files::archives && is_folder)
                look_at_archives(entry.path());
            else
                stray(entry.path(), is_left_over(name) || name == job_files::pages ||
                                        name == job_files::archives);
        }
    }

    void look_at_pages(const fs::path& pages) {
        std::vector<fs::path> found; // removing one does not go with iterating
        for (fs::recursive_directory_iterator i{pages}, end; i != end; ++i) {
            const bool is_folder = i->is_directory() && !i->is_symlink();
            if (is_folder ? is_of_pages(*i, i.depth()) : is_named(i->path())) continue;
            found.push_back(i->path());
            i.disable_recursion_pending();
        }
        for (const fs::path& file : found)
            stray(file);
    }

    void look_at_archives(const fs::path& archives) {
        for (const auto& entry : fs::directory_iterator{archives}) {
            const std::string name = entry.path().filename();
            if (!name.starts_with(options_.archive + '-') ||
                name.find(".warc.gz") == std::string::npos)
                stray(entry.path());
        }
    }

    static std::uint64_t number(const fs::path& file) {
        const std::string name = file.filename();
        std::uint64_t n = 0;
        std::from_chars(name.data(), name.data() + name.size(), n);
        return n;
    }

    bool is_named(const fs::path& file) const {
        const std::uint64_t n = number(file);
        return named_.contains(n) && file == folder_ / page_name(n);
    }

    /// A folder for a thousand pages, of which there may be none yet.
    static bool is_of_pages(const fs::path& folder, int depth) {
        return depth == 0 && folder.filename() == fmt::to_string(number(folder));
    }

    void stray(const fs::path& file, bool ours = true) {
        complain(fmt::format("{} does not belong to the job",
                             file.lexically_relative(folder_).string()));
        ++seen_now_.strays;
        seen_now_.foreign += ours ? 0 : 1;
        if (repair_ && ours) fs::remove_all(file);
    }

    void repair_journal() {
        keep_lines(results(), [this, kept = done_lines{}](std::string_view line) mutable {
            const auto n = record_number(line);
            return n && parse_record(line) && good_.contains(*n) && kept.insert(*n);
        });
    }

    fs::path folder_;
    command_line options_; ///< Of the job.
    bool repair_;
    const std::function<void(const std::string&)>& tell_;
    verification seen_now_;
    std::vector<std::size_t> urls_; ///< Hashes, by line.
    done_lines seen_, good_;
    done_lines named_; ///< Their page is named by a record.
    bool bad_records_ = false;
};

/// What mends it.
std::string remedy(const verification& v, const std::string& folder, bool repaired) {
    if (v.other_list)
        return "put the list back with which the job was begun, or begin anew with "
               "--overwrite";
    if (v.foreign > 0 && (repaired || v.wrong == v.foreign + v.missing)) {
        verification rest = v;
        rest.wrong -= v.foreign;
        rest.strays -= v.foreign;
        rest.foreign = 0;
        const std::string move = "what somebody else put there stays: move it away";
        return rest.wrong == 0 ? move : remedy(rest, folder, repaired) + "; " + move;
    }
    const bool nothing_to_remove = v.wrong == v.missing;
    const bool nothing_to_fetch = v.wrong == v.strays;
    if (nothing_to_remove && !repaired)
        return fmt::format("what is missing is fetched by: fetcher resume {}", folder);
    const std::string text =
        repaired ? "repaired"
                 : fmt::format("what is wrong is removed by: fetcher verify --repair {}",
                               folder);
    if (nothing_to_fetch) return text;
    return fmt::format("{}; go on with: fetcher resume {}", text, folder);
}

} // namespace

verification verify_job(const fs::path& folder, bool repair,
                        const std::function<void(const std::string&)>& tell) try {
    return inspection{folder, repair, tell}();
} catch (const fs::filesystem_error& error) { // whose text is for programmers
    throw std::system_error{error.code(), error.path1()};
}

int verify(int argc, char** argv) {
    std::string folder;
    bool repair = false;
    option_parser options{"fetcher verify",
                          "Looks whether each URL of a job has exactly one outcome, each "
                          "page is there and\nwhole, and nothing else is in the folder.",
                          "fetcher verify --help shows how"};
    options.text("DIR", &folder, "the job's folder").required();
    options.flag("--repair", &repair, "remove what is wrong; resume does it again");
    options.footer("Status: 0 all is well, 1 something is not, 2 wrong usage.");
    if (const auto status = options.parse(argc, argv)) return *status;

    job_options(folder); // throws when there is none
    const fs::path lock = fs::path{folder} / job_files::lock;
    const auto alone = repair ? std::optional<job_lock>{lock} : lock_to_read(lock);
    const verification v = verify_job(folder, repair, [](const std::string& wrong) {
        fmt::print("{}\n", printable(wrong));
    });
    fmt::print("{} URLs, {} with their outcome, {} pages: {}\n", v.lines, v.outcomes,
               v.pages, v.wrong == 0 ? "all is well" : fmt::format("{} wrong", v.wrong));
    if (v.wrong == 0) return 0;
    fmt::print("{}\n", remedy(v, as_typed(folder), repair));
    return 1;
}

} // namespace ladder::fetcher
