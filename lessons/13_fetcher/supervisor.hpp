#pragma once

#include "fibers_on_asio/no_lock.hpp"
#include "ledger.hpp"
#include "protocol.hpp"
#include "random_words.hpp"
#include "statistics.hpp"
#include "task.hpp"
#include "worker_link.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/condition_variable.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ladder::fibers_on_asio {
class event_loop;
}

namespace ladder::fetcher {

struct supervisor_settings {
    std::string program;       ///< The fetcher itself, which becomes the workers.
    std::size_t processes = 1; ///< 1 to shared_statistics::max_workers.
    worker_settings worker;    ///< For each of them; what differs is filled in.
    /// A worker that shows no sign of life for so long is killed, and replaced.
    std::chrono::milliseconds stuck_after = std::chrono::seconds{30};
    /// Hand out more than a worker has fibers, as much as it got done lately. A fast
    /// worker then never waits for us, but the last pages may be shared out unevenly.
    bool ahead = true;
    politeness limits{}; ///< For all workers together.
    /// Is told of each request, also one that is not the last for its URL.
    std::function<void(const task&, const outcome&, std::size_t worker)> on_request{};
};

/// Runs worker processes and carries out what the ledger decides: waits for what happens
/// (a URL from the list, outcomes, a death), tells the ledger, and sends what it says. It
/// is single-threaded; its memory depends on what is in flight, not on the length of the
/// list.
///
/// Its fibers share the members below without locks: they take turns, and none of them
/// waits between a look and what it does because of it. Who has told the ledger something
/// that may let others go on notifies `changed_`; the fiber in `run` then hands out. The
/// phases only go up, and the end of one is seen by all who wait for `changed_`.
class supervisor {
public:
    /// Call in a thread that has `loop`, before other threads exist. Throws
    /// std::system_error when workers cannot be started.
    supervisor(fibers_on_asio::event_loop& loop, supervisor_settings settings);

    /// Fetches everything that `urls` gives. Returns when every URL that was handed
    /// out has its outcome and all workers are gone. Throws what the functions throw,
    /// and std::runtime_error when workers die as soon as they are started. Once only.
    void run(url_source& urls, const outcome_sink& on_outcome);

    /// Begin nothing new: `run` returns when the pages in flight are done. What workers
    /// have and did not begin has no outcome. In a fiber or a handler of the loop.
    void drain();
    /// Give up at once: kill the workers; `run` returns soon.
    void abort();

    const run_totals& totals() const noexcept { return totals_; }

    shared_statistics& statistics() noexcept { return statistics_; }

private:
    enum class phase : char {
        fetching,
        draining, ///< No more of the list.
        aborted,  ///< Nor of the workers, who are killed.
        closing,  ///< Nothing is left; the workers go home.
    };

    void read_list();
    void keep_running(worker_link&);
    void take_outcomes(worker_link&);
    void take(worker_link&, const outcome&);
    void watch_workers();
    void report(const task&, const outcome&, std::optional<std::size_t> worker,
                const std::string& error);
    void ask_for(std::vector<task> what);
    void tell(worker_link&, const std::vector<task>& learnt);
    void finish(const task&, const outcome&, std::optional<std::size_t> worker,
                const std::string& error);
    void guarded(const std::function<void()>& body);

    supervisor_settings settings_;
    shared_statistics statistics_;
    run_totals totals_;
    ledger books_;
    std::optional<random_words> words_; ///< With `--calibrate`.
    std::vector<std::unique_ptr<worker_link>> workers_;
    url_source* urls_ = nullptr;               ///< While there is a run.
    const outcome_sink* on_outcome_ = nullptr; ///< Too.
    phase phase_ = phase::fetching;
    boost::asio::steady_timer look_; ///< Until the next one at the workers.
    bool all_gone_ = false;          ///< The workers, at the end of a run.
    std::exception_ptr failure_;     ///< The first one, of any fiber.
    boost::fibers::condition_variable_any changed_;
    fibers_on_asio::no_lock one_thread_;
};

} // namespace ladder::fetcher
