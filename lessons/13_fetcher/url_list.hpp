#pragma once

#include "list_lines.hpp"
#include "processes/unique_fd.hpp"
#include "results_file.hpp"
#include "task.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ladder::fetcher {

/// URLs from the command line and then, line by line, from a file or a pipe.
class url_list : public url_source {
public:
    /// `file` may be empty (none) or "-" (standard input). Throws std::system_error when
    /// it cannot be read.
    url_list(boost::asio::io_context& io, std::vector<std::string> urls,
             const std::string& file);

    /// From now on, what is read of the file is appended to this one, too, before `next`
    /// returns any of it. Throws std::system_error, as `next` does.
    void keep_in(const std::string& file);

    std::optional<task> next() override;

    /// All that there is was read.
    bool ended() const noexcept { return at_end_; }

    void close() noexcept override;

    /// How many URLs there are in all, where that can be known: a file is counted, a
    /// pipe is not.
    std::optional<std::uint64_t> size() const noexcept { return size_; }

private:
    void fill();

    std::vector<std::string> urls_;
    std::size_t next_url_ = 0;
    std::string file_name_;
    processes::unique_fd file_;
    /// Waits for a pipe, a socket or a terminal; a regular file is always ready.
    std::optional<boost::asio::posix::stream_descriptor> pipe_;
    std::string block_; ///< What was read last.
    list_lines lines_;
    bool at_end_ = false; ///< Of the file.
    bool closed_ = true;  ///< Nothing more is wanted of it.
    std::optional<std::uint64_t> size_;
    std::optional<results_file> kept_; ///< A copy of what is read.
};

} // namespace ladder::fetcher
