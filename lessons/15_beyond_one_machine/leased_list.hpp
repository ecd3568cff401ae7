#pragma once

#include "fetcher/task.hpp"
#include "fibers_on_asio/no_lock.hpp"
#include "queue.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace ladder::beyond_one_machine {

/// A queue as the fetcher wants to see it: a source that leases, and a sink that
/// acknowledges when all of a batch have their outcomes. The fetcher's own ledger goes on
/// looking after what a *process* of this machine has in hand, and knows of none of this.
///
/// A batch is in `held_` from its claim until its last outcome, in `whole_` until it is
/// acknowledged; one that is lost is dropped, wherever it is. `outstanding_` has the URLs
/// that the fetcher was given: it must not get one twice at a time, so when a batch that
/// was lost comes back while some of its URLs are still being fetched, their outcomes
/// count for it, and they are not handed out again.
///
/// Fibers of one thread, as the fetcher's are. One acknowledges and one renews; whoever
/// changes what others wait for notifies `changed_`.
class leased_list : public fetcher::shared_list {
public:
    static constexpr std::size_t most_claimed = 16;        ///< Batches at a time.
    static constexpr std::size_t most_unacknowledged = 32; ///< Then nothing is claimed.
    /// For what others give back. Who has nothing else to do looks soon, then less often:
    /// at the end of a list it is not long.
    static constexpr std::chrono::milliseconds first_look{10}, look{500};
    static constexpr std::chrono::milliseconds period{100};
    /// Between the figures that others see of this machine, the first of them and later.
    static constexpr std::chrono::milliseconds first_report{250}, reports{5'000};

    /// `in_flight` is how many URLs the fetcher works on at a time. Throws what queue
    /// throws.
    leased_list(boost::asio::io_context& io, queue_address where, sql::settings patience,
                queue::settings s, std::size_t in_flight);
    ~leased_list() override;

    std::optional<fetcher::task> next() override;
    void close() noexcept override;
    void take(const fetcher::task&, const fetcher::outcome&,
              std::optional<std::size_t> worker, const std::string& error) override;
    void end() override;

    const machine_report& report() const noexcept { return report_; }
    std::uint64_t refused() const noexcept { return refused_; } ///< Acknowledgements.

private:
    struct held {
        batch what;
        std::size_t at = 0;      ///< In its URLs: what was not handed out yet.
        std::uint64_t ended = 0; ///< URLs.
        std::uint64_t failed = 0;
        std::string records{};
    };

    using name = std::pair<std::uint64_t, std::uint64_t>; ///< first and n

    std::size_t credit() const;
    std::optional<fetcher::task> hand_out();
    bool claim();
    void drop(std::map<name, held>::iterator lost);
    void acknowledge_all();
    void renew_all();
    void wait(std::chrono::milliseconds time);
    void guarded(void (leased_list::*body)());

    sql database_;
    queue queue_;
    boost::asio::steady_timer renewal_;
    std::map<name, held> held_;
    std::deque<held*> pending_; ///< Of these, the ones with URLs to hand out.
    std::deque<held> whole_;
    std::unordered_map<std::uint64_t, held*> outstanding_; ///< Null: its batch is lost.
    std::size_t in_flight_;
    std::size_t ended_lately_ = 0, ended_now_ = 0; ///< In a period, and in the next one.
    std::chrono::steady_clock::time_point period_began_{};
    std::uint64_t usual_size_ = 0; ///< Of a batch; 0: none was seen.
    bool alone_ = false; ///< The one that is held kills machines; no other beside it.
    bool closed_ = false;
    bool ended_ = false;
    std::exception_ptr failure_;
    machine_report report_;
    std::uint64_t refused_ = 0;
    std::string record_; ///< For one line.
    boost::fibers::condition_variable_any changed_;
    fibers_on_asio::no_lock one_thread_;
    boost::fibers::fiber acknowledging_, renewing_;
};

} // namespace ladder::beyond_one_machine
