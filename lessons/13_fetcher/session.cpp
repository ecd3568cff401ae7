#include "session.hpp"

#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/yield.hpp"
#include "progress.hpp"
#include "results_file.hpp"
#include "supervisor.hpp"
#include "url_list.hpp"
#include "workbench/http_url.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/terminal_width.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ladder::fetcher {

using boost::fibers::fiber;
using fibers_on_asio::event_loop;
using fibers_on_asio::yield;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

constexpr int shown_failures = 10;
constexpr auto tick_period = 100ms;
constexpr auto line_period = 10s; // of progress, where there is no terminal

/// Never throws: what cannot be said must not keep the pages from being fetched.
void write_stderr(const std::string& text) noexcept {
    std::fwrite(text.data(), 1, text.size(), stderr);
}

/// A URL may hold anything, and a terminal obeys some of that.
std::string printable(std::string text) {
    std::ranges::replace_if(
        text, [](unsigned char c) { return c < ' ' || c >= 0x7f; }, '?');
    return text;
}

/// Opens as many descriptors as the system allows and makes the concurrency fit: each
/// fiber needs one for its socket, one for its file, and each idle connection one.
std::size_t fitting_concurrency(std::size_t wanted, bool quiet) {
    constexpr std::size_t others = 32;
    const std::size_t limit = raise_descriptor_limit();
    const std::size_t fitting = limit <= others + 3 ? 1 : (limit - others) / 3;
    if (wanted <= fitting) return wanted;
    if (!quiet)
        write_stderr(fmt::format(
            "fetcher: -c {} needs {} descriptors and the limit is {}: using -c {}\n",
            wanted, 3 * wanted + others, limit, fitting));
    return fitting;
}

void make_folder(const std::string& folder) {
    if (folder.empty()) return;
    if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST)
        throw std::system_error{errno, std::generic_category(), folder};
    struct stat about {};
    if (::stat(folder.c_str(), &about) == 0 && !S_ISDIR(about.st_mode))
        errno = ENOTDIR;
    else if (::access(folder.c_str(), W_OK | X_OK) == 0)
        return;
    throw std::system_error{errno, std::generic_category(), folder};
}

/// Opening the results would empty the list before it is read.
void keep_apart(const std::string& list, const std::string& results) {
    std::error_code ignored;
    if (list.empty() || list == "-" || results == "-") return;
    if (std::filesystem::equivalent(list, results, ignored))
        throw std::system_error{std::make_error_code(std::errc::file_exists),
                                results + " is the list of URLs"};
}

/// One run, as its user sees it. Three fibers: `operator()` is in the supervisor until
/// all is done; one waits for signals, the other one wakes up at every tick. Whatever
/// ends the run goes by way of the supervisor (`drain`, `abort`); then `done_` is set and
/// the two are woken, see it and return. `bar_shown_` is true while the cursor is in the
/// line of the progress bar, which `say` then wipes. The counters are for the exit
/// status.
class session {
public:
    session(event_loop& loop, const command_line& options)
        : options_(options),
          urls_(loop.context(), options.urls, options.input),
          results_(options.results),
          workers_(loop, {.program = "/proc/self/exe",
                          .processes = options.processes,
                          .worker = {.concurrency =
                                         static_cast<std::uint32_t>(options.concurrency),
                                     .timeout = options.timeout,
                                     .connect_timeout = options.connect_timeout,
                                     .retries = options.retries,
                                     .max_bytes = options.max_bytes,
                                     .user_agent = options.user_agent,
                                     .folder = options.folder}}),
          signals_(loop.context(), SIGINT, SIGTERM),
          tick_(loop.context()) {}

    int operator()() {
        fiber signal_fiber{[this] { wait_for_signals(); }};
        fiber tick_fiber{[this] { tick_until_done(); }};
        try {
            workers_.run(urls_,
                         [this](const task& t, const outcome& o,
                                std::optional<std::size_t> worker,
                                const std::string& error) { take(t, o, worker, error); });
        } catch (...) {
            fail();
        }
        done_ = true; // not in the catch block: there a fiber must not wait
        signals_.cancel();
        tick_.cancel();
        signal_fiber.join();
        tick_fiber.join();
        try {
            results_.flush(); // what is known by now is worth keeping
        } catch (...) {
            fail();
        }
        if (failure_) std::rethrow_exception(failure_);
        return summarise();
    }

private:
    void take(const task& t, const outcome& o, std::optional<std::size_t> worker,
              const std::string& error) {
        results_.add(t, o, worker, error);
        if (o.status == 0 || o.error) ++without_answer_;
        if (o.disk_failed) {
            if (std::exchange(disk_failed_, true)) return;
            say(fmt::format("cannot save pages in {}: {}; stopping", options_.folder,
                            o.error.message()));
            workers_.drain();
        } else if (o.error && !options_.quiet && ++failures_ <= shown_failures) {
            say(fmt::format("{}: {}", shown_url(t.url).substr(0, 200),
                            error.empty() ? o.error.message() : error));
        }
    }

    /// To be called in a catch block; what happened first counts.
    void fail() {
        if (!failure_) failure_ = std::current_exception();
    }

    /// A line on stderr that does not get mixed up with the progress bar.
    void say(const std::string& line) {
        write_stderr((std::exchange(bar_shown_, false) ? "\r\033[K" : "") +
                     printable("fetcher: " + line) + '\n');
    }

    void wait_for_signals() {
        boost::system::error_code e;
        const int first = signals_.async_wait(yield[e]);
        if (e || done_) return;
        interrupted_ = first;
        if (!options_.quiet)
            say("stopping; what is in flight will be finished (again to stop at once)");
        workers_.drain();
        signals_.async_wait(yield[e]);
        if (!e && !done_) workers_.abort();
    }

    /// Several times a second: passes the results on and draws the bar.
    void tick_until_done() {
        const bool wanted = !options_.quiet && options_.progress != show_progress::never;
        const bool bar = wanted && ::isatty(STDERR_FILENO) == 1;
        const bool lines = wanted && !bar;
        const auto between_lines =
            options_.progress == show_progress::always ? 1s : line_period;
        auto next_line = start_ + between_lines;
        while (!done_) {
            boost::system::error_code e;
            tick_.expires_after(tick_period);
            tick_.async_wait(yield[e]);
            if (done_) break;
            try {
                results_.flush();
            } catch (...) {
                fail();
                workers_.abort();
                break;
            }
            if (bar) {
                write_stderr('\r' + progress() + "\033[K");
                bar_shown_ = true;
            } else if (lines && steady_clock::now() >= next_line) {
                say(progress());
                next_line += between_lines;
            }
        }
        if (std::exchange(bar_shown_, false)) write_stderr("\r\033[K");
        if (lines && options_.progress == show_progress::always) say(progress());
    }

    std::string progress() {
        return progress_line(sample(), terminal_width(STDERR_FILENO) - 1);
    }

    progress_sample sample() {
        const run_totals& t = workers_.totals();
        auto& live = workers_.statistics();
        return {.total = urls_.size(),
                .done = t.done,
                .failed = t.failed,
                .in_flight = live.total(&worker_statistics::in_flight),
                .bytes = live.total(&worker_statistics::bytes),
                .elapsed = steady_clock::now() - start_};
    }

    int summarise() {
        run_totals t = workers_.totals();
        t.taken = urls_.size().value_or(t.taken); // also those that were never reached
        if (!options_.quiet) say(summary_line(t, steady_clock::now() - start_));
        if (interrupted_ != 0) return 128 + interrupted_;
        return without_answer_ == 0 && !disk_failed_ ? 0 : 1;
    }

    const command_line& options_;
    url_list urls_;
    results_file results_;
    supervisor workers_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer tick_;
    steady_clock::time_point start_ = steady_clock::now();
    std::uint64_t without_answer_ = 0;
    std::exception_ptr failure_;
    int failures_ = 0;
    int interrupted_ = 0; ///< The signal, if there was one.
    bool disk_failed_ = false;
    bool bar_shown_ = false;
    bool done_ = false;
};

} // namespace

int run_session(command_line options) {
    std::signal(SIGPIPE, SIG_IGN); // the same news comes as an error, which can be told
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGCHLD, SIG_DFL); // ignored, it would hide how workers die
    options.concurrency = fitting_concurrency(options.concurrency, options.quiet);
    event_loop loop;
    std::optional<session> fetch;
    try {
        keep_apart(options.input, options.results);
        make_folder(options.folder);
        fetch.emplace(loop, options);
    } catch (const std::system_error& error) {
        write_stderr(fmt::format("fetcher: {}\n", error.what()));
        return 2;
    }
    return (*fetch)();
}

} // namespace ladder::fetcher
