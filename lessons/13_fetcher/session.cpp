#include "session.hpp"

#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/yield.hpp"
#include "job.hpp"
#include "preparations.hpp"
#include "progress.hpp"
#include "recorder.hpp"
#include "supervisor.hpp"
#include "unfinished.hpp"
#include "url_list.hpp"
#include "workbench/http_url.hpp"
#include "workbench/interleave.hpp"
#include "workbench/terminal_width.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <exception>
#include <functional>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

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

/// One run, as its user sees it. Three fibers: `operator()` is in the supervisor until
/// all is done; one waits for signals, the other one wakes up at every tick. Whatever
/// ends the run goes by way of the supervisor (`drain`, `abort`); then `done_` is set and
/// the two are woken, see it and return. `bar_shown_` is true while the cursor is in the
/// line of the progress bar, which `say` then wipes.
class session {
public:
    session(event_loop& loop, const command_line& options,
            std::unique_ptr<shared_list> elsewhere)
        : options_(options),
          elsewhere_(std::move(elsewhere)),
          job_(elsewhere_ ? std::nullopt : open_job(options)),
          urls_(open_list(loop.context(), options, job_)),
          unfinished_(urls_, job_),
          outcomes_(loop.context(),
                    job_
                        ? results_file{job_->results(), results_file::existing::continued}
                        : results_file{results_of(options, elsewhere_ != nullptr)}),
          reports_(options.reports),
          workers_(loop, supervisor_settings_of(
                             options,
                             [this](const task& t, const outcome& o, std::size_t worker) {
                                 reports_.request(t, o, worker);
                             })),
          signals_(loop.context(), SIGINT, SIGTERM),
          tick_(loop.context()) {
        if (!is_ignored(SIGHUP)) signals_.add(SIGHUP);
        if (options.match.active() && options.results != "-") matches_.emplace("-");
        if (!job_) return;
        if (!options.results.empty()) outcomes_.copy_to(options.results);
        if (options.durable) outcomes_.make_durable(options.folder);
        if (job_->list_is_open() && !options.resume) urls_.keep_in(job_->list());
        if (options.resume && job_->list_is_open())
            say("the list was being read from standard input when the job was stopped; "
                "it ends with what had been read");
    }

    int operator()() {
        fiber signal_fiber{[this] { wait_for_signals(); }};
        fiber tick_fiber{[this] { tick_until_done(); }};
        look_at_disk(); // which may be full before anything has begun
        try {
            workers_.run(elsewhere_ ? *elsewhere_ : static_cast<url_source&>(unfinished_),
                         std::bind_front(&session::take, this));
        } catch (...) {
            fail();
        }
        done_ = true; // not in the catch block: there a fiber must not wait
        signals_.cancel();
        tick_.cancel();
        signal_fiber.join();
        tick_fiber.join();
        try {
            end_archives(options_);
            if (elsewhere_) elsewhere_->end();
            flush(); // what is known by now is worth keeping
            if (job_) job_->write_index();
        } catch (...) {
            fail();
        }
        if (failure_) std::rethrow_exception(failure_);
        return summarise();
    }

private:
    void take(const task& t, const outcome& o, std::optional<std::size_t> worker,
              const std::string& error) {
        if (o.disk_failed) { // which says nothing about the page: it is not done
            if (std::exchange(disk_failed_, true)) return;
            say(fmt::format("cannot save pages in {}: {}; stopping",
                            options_.folder.empty() ? options_.archive : options_.folder,
                            o.error.message()));
            workers_.drain();
            return;
        }
        if (elsewhere_) elsewhere_->take(t, o, worker, error);
        if (job_ && o.file.empty()) job_->remove_page(t.id);
        outcomes_.add(t, o, worker, error);
        if (matches_ && o.judged && o.mismatch.empty())
            matches_->write(shown_url(t.url) + '\n');
        reports_.page(t, o, error);
        if (o.status == 0 || o.error) ++without_answer_;
        if (o.error && !options_.quiet && !matches_ && ++failures_ <= shown_failures)
            say(fmt::format("{}: {}", shown_url(t.url).substr(0, 200),
                            error.empty() ? o.error.message() : error));
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
            say("stopping; nothing new begins, what is in flight will be finished (again "
                "to stop at once)");
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
                flush();
                look_at_disk();
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

    void flush() {
        outcomes_.flush();
        reports_.flush();
    }

    void look_at_disk() {
        if (disk_failed_ || !lacks_room(options_)) return;
        disk_failed_ = true;
        say(fmt::format("{} has less room than --min-free; stopping", options_.folder));
        workers_.drain();
    }

    std::string progress() {
        return progress_line(sample(), terminal_width(STDERR_FILENO) - 1);
    }

    std::optional<std::uint64_t> list_size() const {
        return elsewhere_ ? std::nullopt : urls_.size();
    }

    progress_sample sample() {
        const run_totals& t = workers_.totals();
        auto& live = workers_.statistics();
        return {.total = list_size(),
                .done = t.done,
                .done_before = job_ ? job_->done().size() : 0,
                .failed = t.failed,
                .in_flight = live.total(&worker_statistics::in_flight),
                .bytes = live.total(&worker_statistics::bytes),
                .elapsed = steady_clock::now() - start_};
    }

    int summarise() {
        run_totals t = workers_.totals();
        t.taken = list_size().value_or(t.taken); // also those that were never reached
        if (job_) t.done_before = job_->done().size();
        const std::string told = reports_.end();
        if (!options_.quiet) say(summary_line(t, steady_clock::now() - start_));
        write_stderr(told);
        const bool open = job_ && job_->list_is_open();
        const bool all = t.done_before + t.done >= t.taken && !open;
        const bool stopped = disk_failed_ && !all;
        const char* const why = stopped ? "when that is mended, "
                                : open  ? "not all of standard input was read; "
                                        : "";
        if (job_ && !all && (!options_.quiet || stopped))
            say(why + ("go on with: fetcher resume " + as_typed(options_.folder)));
        if (interrupted_ != 0) return 128 + interrupted_;
        return stopped || (without_answer_ > 0 && !elsewhere_) ? 1 : 0;
    }

    const command_line& options_;
    const std::unique_ptr<shared_list> elsewhere_; ///< None: the list is ours.
    std::optional<job> job_;
    url_list urls_;
    unfinished unfinished_;
    recorder outcomes_;
    std::optional<results_file> matches_; ///< Of the URLs that are looked for.
    reports reports_;
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

int run_session(command_line options, const open_shared_list& elsewhere) {
    std::signal(SIGPIPE, SIG_IGN); // the same news comes as an error, which can be told
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGCHLD, SIG_DFL); // ignored, it would hide how workers die
    const std::string fewer = fit_concurrency(options.concurrency, options.processes);
    if (!options.quiet) write_stderr(fewer);
    if (options.request.insecure && !options.quiet)
        write_stderr("fetcher: --insecure: nobody checks who the servers are\n");
    event_loop loop;
    std::optional<session> fetch;
    try {
        keep_apart(options);
        fetch.emplace(loop, options, elsewhere ? elsewhere(loop) : nullptr);
    } catch (const std::system_error& error) {
        write_stderr(cannot_begin(error));
        return 2;
    }
    if (options.folder.empty() || elsewhere) return (*fetch)();
    const std::string go_on = "go on with: fetcher resume " + as_typed(options.folder);
    try {
        return (*fetch)();
    } catch (const std::system_error& error) {
        const bool unread = error.code() == std::errc::broken_pipe;
        throw std::runtime_error{
            (unread ? "nobody reads the results any more" : std::string{error.what()}) +
            "; when that is mended, " + go_on};
    } catch (const std::bad_alloc&) {
        throw std::runtime_error{
            "not enough memory; with more of it, or with fewer pages "
            "at a time (-c, -p), " +
            go_on};
    }
}

} // namespace ladder::fetcher
