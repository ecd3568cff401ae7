#pragma once

#include "histogram.hpp"
#include "task.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ladder::fetcher {

/// How long pages took: percentiles of connecting, of the first byte and of the whole,
/// for all, for each status and for each host. Its size depends on neither the number of
/// pages nor that of hosts: hosts beyond the first thousand are counted together.
class run_times {
public:
    static constexpr std::size_t most_hosts = 1000;
    static constexpr std::size_t shown_hosts = 20;

    void add(const task& t, const outcome& o);

    /// A table for people; the hosts with the most pages.
    std::string table() const;

private:
    struct times {
        histogram connect;    ///< In microseconds; of pages that needed a connection.
        histogram first_byte; ///< Of those that had an answer.
        histogram whole;
    };

    static void add(times& to, const outcome& o);
    static std::string row(std::string_view name, const times& of);

    times all_;
    std::map<int, times> by_status_; ///< 0: no answer.
    std::unordered_map<std::string, times> by_host_;
    times other_hosts_;
};

} // namespace ladder::fetcher
