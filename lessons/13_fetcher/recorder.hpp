#pragma once

#include "fibers_on_asio/no_lock.hpp"
#include "processes/unique_fd.hpp"
#include "results_file.hpp"
#include "task.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/fiber/condition_variable.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace ladder::fetcher {

/// Where the outcomes of a run go: its journal, or the results that the user wants, and a
/// copy of them.
///
/// A durable one commits its lines in groups. `group_` gathers lines. `flush` takes them
/// to a thread: there all pages that have their name by now get to the disk, then the
/// lines get into the file, and then to the disk. So no line is ever ahead of its page.
/// The loop goes on meanwhile, and the next group gathers; when that is full, too, who
/// adds to it waits. The file belongs to that thread while there is one.
class recorder {
public:
    /// `io` is that of the event loop, whose fibers alone use this.
    recorder(boost::asio::io_context& io, results_file to);

    /// From now on a line says what survives a power failure, also of the pages that were
    /// saved in this folder. Throws std::system_error.
    void make_durable(const std::string& folder);

    /// What is written is written to this file, too, but later. Throws std::system_error.
    void copy_to(const std::string& file);

    /// In a fiber. Throws std::system_error when the file cannot be written.
    void add(const task&, const outcome&, std::optional<std::size_t> worker,
             const std::string& error);

    /// Writes what was added. In one fiber at a time. Throws std::system_error.
    void flush();

private:
    void commit_group();

    boost::asio::io_context& io_;
    results_file file_;
    std::optional<results_file> copy_;
    processes::unique_fd folder_; ///< Of the pages; none: not durable.
    std::string group_;           ///< Lines, of no page that is not saved.
    bool failed_ = false;         ///< A group could not be committed.
    boost::fibers::condition_variable_any changed_;
    fibers_on_asio::no_lock one_thread_;
};

} // namespace ladder::fetcher
