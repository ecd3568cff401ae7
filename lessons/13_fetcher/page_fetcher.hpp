#pragma once

#include "connections.hpp"
#include "connector.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "netrc.hpp"
#include "page_file.hpp"
#include "processes/unique_fd.hpp"
#include "protocol.hpp"
#include "redirect.hpp"
#include "sha256.hpp"
#include "statistics.hpp"
#include "task.hpp"
#include "warc.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace ladder::fetcher {

/// What came of a task, and the page in it, if there is one to save.
struct fetched {
    outcome o;
    std::optional<page_file> page;
    std::string location{}; ///< Where the answer sends us on to, if it does.
    /// When it decides whether the page is looked for: the location, a line break, and
    /// the beginning of the body.
    std::string text{};
    std::vector<archived_exchange> archived{}; ///< What there is for an archive.
};

/// Fetches pages, for as many fibers of one thread as call it, and holds what they share:
/// connections that are kept alive, addresses, the folder. Each call waits, and may be
/// one of many that do; but between two waits a fiber has these to itself.
class page_fetcher {
public:
    /// The others must live as long as this. Throws std::system_error when there is a
    /// folder in the settings and it cannot be opened.
    page_fetcher(fibers_on_asio::event_loop& loop, const worker_settings& settings,
                 worker_statistics& statistics);

    /// One request for that page; whether that is the end, or what is next, is in the
    /// outcome. `hash` is only used meanwhile; it is the caller's because making one is
    /// expensive.
    fetched fetch(const task& what, sha256& hash);

    /// Is there something to save?
    bool is_to_be_saved(const fetched& f) const { return f.page || !f.archived.empty(); }

    /// Saves its page, and completes the outcome. In an archive, it is there only after
    /// `flush`.
    void save(fetched& f);
    std::error_code flush();

    /// No page will come any more.
    void finish();

private:
    using time_point = std::chrono::steady_clock::time_point;

    std::uint64_t most_redirects(const task& t) const;
    void add_password(http_url& to) const;
    void attempt(const task& t, const hop& h, sha256& hash, fetched& f, time_point end);
    bool exchange_on(connection& c, const task& t, const hop& h, const route& way,
                     time_point deadline, sha256& hash, fetched& f);

    const worker_settings& settings_;
    worker_statistics& statistics_;
    processes::unique_fd folder_;
    idle_connections idle_connections_;
    connector connector_;
    std::optional<warc_archive> archive_;
    std::string headers_for_others_; ///< For hosts that a redirect leads to.
    std::optional<netrc> passwords_;
};

} // namespace ladder::fetcher
