#include "recorder.hpp"

#include "journal.hpp"
#include "workbench/interleave.hpp"
#include "workbench/last_error.hpp"

#include <boost/asio/post.hpp>

#include <exception>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace {

constexpr std::size_t group_limit = 4 << 20; // bytes; about ten thousand lines

} // namespace

recorder::recorder(boost::asio::io_context& io, results_file to)
    : io_(io),
      file_(std::move(to)) {}

void recorder::make_durable(const std::string& folder) {
    // Opened once: what the disk could not write since then is told by syncfs(2).
    folder_.reset(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder_) throw last_error(folder);
}

void recorder::copy_to(const std::string& file) {
    copy_.emplace(file);
}

void recorder::add(const task& t, const outcome& o, std::optional<std::size_t> worker,
                   const std::string& error) {
    if (folder_) {
        changed_.wait(one_thread_,
                      [this] { return failed_ || group_.size() < group_limit; });
        if (!failed_) append_record(group_, t, o, worker, error);
        return;
    }
    group_.clear();
    append_record(group_, t, o, worker, error);
    file_.add(group_);
    if (copy_) copy_->add(group_);
}

void recorder::flush() {
    if (folder_)
        commit_group();
    else
        file_.flush();
    point("supervisor: outcomes recorded");
    if (copy_) copy_->flush(); // what others read of the copy is true
}

// [commit_group]
void recorder::commit_group() {
    if (failed_ || group_.empty()) return;
    const std::string lines = std::exchange(group_, {});
    changed_.notify_all(); // there is room for the next ones
    bool done = false;
    std::exception_ptr error;
    std::thread disk{[&] {
        try {
            if (::syncfs(folder_.get()) != 0) throw last_error("syncfs"); // the pages
            file_.add(lines);
            file_.flush();
            file_.make_durable();
        } catch (...) {
            error = std::current_exception();
        }
        boost::asio::post(io_, [&] {
            done = true;
            changed_.notify_all();
        });
    }};
    changed_.wait(one_thread_, [&] { return done; });
    disk.join();
    if (error) {
        failed_ = true;
        changed_.notify_all();
        std::rethrow_exception(error);
    }
    if (copy_) copy_->add(lines);
}

// [/commit_group]

} // namespace ladder::fetcher
