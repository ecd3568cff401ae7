#include "supervisor.hpp"

#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/yield.hpp"
#include "kill_order.hpp"
#include "workbench/http_exchange.hpp"
#include "workbench/interleave.hpp"
#include "worker.hpp"

#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace ladder::fetcher {

using boost::fibers::fiber;
using fibers_on_asio::event_loop;
using fibers_on_asio::yield;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t longest_url = 64 << 10; // bytes
constexpr int looks_until_stuck = 10;

std::string how_it_died(processes::exit_status status) {
    if (status.signalled())
        return fmt::format("{} ({})", ::strsignal(status.signal()), status.signal());
    return fmt::format("exit status {}", status.code());
}

} // namespace

supervisor::supervisor(event_loop& loop, supervisor_settings settings)
    : settings_(std::move(settings)),
      books_({.workers = settings_.processes,
              .fibers = settings_.worker.concurrency,
              // What a worker has is what it asks for now: no queue behind its fibers.
              .ahead = settings_.ahead && settings_.limits == politeness{},
              .limits = settings_.limits}),
      look_(loop.context()) {
    share_kill_order(statistics_.arrivals());
    if (const match_settings& m = settings_.worker.match; m.calibrate)
        words_.emplace(m.url_template, m.in_step);
    worker_settings own = settings_.worker;
    own.supervisor = ::getpid();
    for (std::size_t i = 0; i < settings_.processes; ++i) {
        own.number = static_cast<std::uint32_t>(i);
        own.parts = fmt::format(".parts-{}-{}", own.supervisor, i);
        workers_.push_back(std::make_unique<worker_link>(
            loop.context(), settings_.program, own, statistics_));
        workers_.back()->start();
    }
}

void supervisor::run(url_source& urls, const outcome_sink& on_outcome) {
    urls_ = &urls;
    on_outcome_ = &on_outcome;
    std::vector<fiber> fibers;
    fibers.emplace_back([this] { guarded([this] { read_list(); }); });
    fiber watch{[this] { watch_workers(); }};
    for (const auto& link : workers_) {
        worker_link& w = *link;
        fibers.emplace_back([this, &w] { guarded([&w] { w.send_tasks(); }); });
        fibers.emplace_back([this, &w] { guarded([this, &w] { keep_running(w); }); });
    }

    // [hand_out]
    while (phase_ < phase::aborted && !books_.nothing_left()) {
        while (const auto next = books_.next(steady_clock::now())) {
            workers_[next->worker]->send(next->what);
            point("supervisor: task sent");
        }
        const auto refused = books_.take_refused();
        for (const auto& [t, why, detail] : refused)
            report(t, {.id = t.id, .error = why}, {}, detail);
        if (!refused.empty()) continue; // others may have waited for these
        changed_.notify_all();          // the list may be read on
        if (const auto turn = books_.wake_at())
            changed_.wait_until(one_thread_, *turn);
        else
            changed_.wait(one_thread_);
    }
    // [/hand_out]

    phase_ = phase::closing;
    for (const auto& w : workers_)
        w->close();
    for (fiber& f : fibers)
        f.join();
    all_gone_ = true;
    look_.cancel();
    watch.join();
    point("supervisor: nothing left");
    urls_ = nullptr;
    if (failure_) std::rethrow_exception(failure_);
}

/// Takes URLs from the list, a little ahead of what is handed out.
void supervisor::read_list() {
    for (;;) {
        changed_.wait(one_thread_, [this] {
            return phase_ != phase::fetching ||
                   (books_.wants_more() && (!words_ || words_->wants_more()));
        });
        if (phase_ != phase::fetching) break;
        std::optional<task> t = urls_->next();
        if (!t || phase_ != phase::fetching) break;
        ++totals_.taken;
        if (t->url.size() > longest_url || !t->problem.empty()) {
            finish(*t, {.id = t->id, .error = http_error::bad_url}, {}, t->problem);
            continue;
        }
        const bool nothing_waited = books_.waiting() == 0;
        if (words_)
            ask_for(words_->add(std::move(*t)));
        else
            books_.add(std::move(*t));
        if ((nothing_waited && books_.waiting() > 0) || !books_.wants_more())
            changed_.notify_all();
    }
    point("supervisor: list read");
    books_.list_ended();
    changed_.notify_all();
}

// [keep_running]
/// Keeps one worker process running until everything is done.
void supervisor::keep_running(worker_link& w) {
    while (phase_ != phase::closing) {
        take_outcomes(w);
        const auto status = w.bury();
        std::string how = how_it_died(status);
        if (w.silent_looks() >= looks_until_stuck)
            how = fmt::format("no sign of life for {} ms", settings_.stuck_after.count());
        point("supervisor: worker buried");
        if (phase_ >= phase::aborted) break;
        if (!status.signalled() && status.code() == out_of_memory) throw std::bad_alloc{};
        ++totals_.workers_lost;
        for (const auto& [what, deaths] : books_.died(w.number(), steady_clock::now()))
            report(what,
                   {.id = what.id, .error = std::make_error_code(std::errc::owner_dead)},
                   {},
                   fmt::format("given up: {} workers died with it, the last of: {}",
                               deaths, how));
        changed_.notify_all();
        if (phase_ != phase::fetching) break; // nothing new begins
        if (books_.hopeless())
            throw std::runtime_error{
                fmt::format("workers die as soon as they are started ({})", how)};
        w.start();
        if (words_) tell(w, words_->everything_known());
        changed_.notify_all();
    }
}

// [/keep_running]

/// Returns when the worker's stream has ended. An empty frame is its greeting.
void supervisor::take_outcomes(worker_link& w) {
    while (w.receive()) {
        while (const auto frame = w.next_frame()) {
            if (frame->empty()) {
                books_.greeted(w.number());
                continue;
            }
            take(w, decode_outcome(*frame));
        }
        books_.looked_at(w.number());
        changed_.notify_all();
    }
}

void supervisor::take(worker_link& w, const outcome& o) {
    point("supervisor: outcome received");
    if (!books_.has(w.number(), o.id))
        throw std::runtime_error{"an outcome for nobody's task"};
    const answer said{steady_clock::now(), o.status, o.retry_after};
    if (settings_.on_request)
        settings_.on_request(books_.at(w.number(), o.id), o, w.number());
    const auto done = o.next ? books_.again(w.number(), o.id, *o.next, said)
                             : books_.ended(w.number(), o.id, said);
    if (done && !o.given_back) report(*done, o, w.number(), o.detail);
}

/// Kills workers that hang. It counts its own looks instead of asking a clock: while we
/// were stopped, or slept with the machine, nobody's heart could be heard.
void supervisor::watch_workers() {
    const auto period = settings_.stuck_after / looks_until_stuck;
    while (!all_gone_) {
        boost::system::error_code ignored;
        look_.expires_after(period);
        look_.async_wait(yield[ignored]);
        for (const auto& w : workers_) {
            w->look();
            if (w->silent_looks() >= looks_until_stuck) w->kill();
        }
    }
}

void supervisor::report(const task& t, const outcome& o,
                        std::optional<std::size_t> worker, const std::string& error) {
    if (t.robots) {
        books_.learn(t, {o.status, o.error, o.text}, steady_clock::now());
        return;
    }
    if (t.random) {
        ask_for(words_->answered(t, {o.error ? 0 : o.status, o.bytes, o.text}));
        const auto news = words_->to_tell(); // before those that are judged by it go out
        for (const auto& w : workers_)
            tell(*w, news);
        return;
    }
    if (words_) words_->ended(t);
    finish(t, o, worker, error);
}

void supervisor::ask_for(std::vector<task> what) {
    for (task& t : what)
        books_.add(std::move(t));
}

void supervisor::tell(worker_link& w, const std::vector<task>& learnt) {
    for (const task& t : learnt)
        w.send(t);
}

void supervisor::finish(const task& t, const outcome& o,
                        std::optional<std::size_t> worker, const std::string& error) {
    if (!o.disk_failed) { // or else it is still to be done
        ++totals_.done;
        totals_.failed += o.error ? 1 : 0;
        totals_.saved += o.file.empty() ? 0 : 1;
        totals_.bytes += o.bytes;
    }
    (*on_outcome_)(t, o, worker, error);
}

/// What one fiber throws ends all of them.
void supervisor::guarded(const std::function<void()>& body) {
    try {
        body();
    } catch (...) {
        if (!failure_) failure_ = std::current_exception();
        abort();
    }
}

void supervisor::drain() {
    phase_ = std::max(phase_, phase::draining);
    books_.drain();
    if (words_) words_->clear();
    if (urls_) urls_->close();
    for (const auto& w : workers_)
        w->stop();
    changed_.notify_all();
}

void supervisor::abort() {
    phase_ = std::max(phase_, phase::aborted);
    drain();
    for (const auto& w : workers_)
        w->kill();
}

} // namespace ladder::fetcher
