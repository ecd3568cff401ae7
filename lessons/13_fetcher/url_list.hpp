#pragma once

#include "list_entry.hpp"
#include "list_lines.hpp"
#include "processes/unique_fd.hpp"
#include "results_file.hpp"
#include "task.hpp"
#include "word_lists.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ladder::fetcher {

/// How a list is read.
struct list_reading {
    list_format format = list_format::urls;
    std::string url_template{}; ///< Not empty: the list has words, for its first place.
    std::vector<std::string> more_lists{}; ///< Of words, for the places behind it.
    bool in_step = false;
};

/// URLs from the command line and then, line by line, from a file or a pipe, which may
/// hold words of which URLs are made.
class url_list : public url_source {
public:
    /// `file` may be empty (none) or "-" (standard input). Throws std::system_error when
    /// it cannot be read.
    url_list(boost::asio::io_context& io, std::vector<std::string> urls,
             const std::string& file, const list_reading& how = {});

    /// From now on, what is read of the file is appended to this one, too, before `next`
    /// returns any of it; made of words, as `url_words`. Throws std::system_error, as
    /// `next` does.
    void keep_in(const std::string& file);

    std::optional<task> next() override;

    /// All that there is was read.
    bool ended() const noexcept { return at_end_; }

    void close() noexcept override;

    /// How many URLs there are in all, where that can be known: a file is counted, a
    /// pipe is not.
    std::optional<std::uint64_t> size() const noexcept { return size_; }

private:
    std::optional<task> next_of_words();
    void fill();

    std::string url_template_;
    std::optional<word_combinations> words_; ///< When there is a template.
    list_format format_;
    std::uint64_t made_ = 0; ///< URLs of words.
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
