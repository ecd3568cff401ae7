#pragma once

#include "codec.hpp"
#include "dispatcher.hpp"
#include "future.hpp"
#include "workbench/page.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// Rung 04: worker processes that stay, and get one task after the other.
namespace ladder::process_pool {

/// Worker processes that run one function, each for one request at a time. The function
/// is there because the workers are forks of this process; only requests and responses
/// travel, so these need a `codec`.
///
/// A task whose worker dies is tried once more: it may run twice, so what it changes
/// outside must bear that. See `dispatcher` for who may call what: one thread, and no
/// call of the pool within the function.
template <travels Request, travels Response>
class process_pool {
public:
    /// Forks the workers. What the function refers to is what it was at this moment, also
    /// in workers that replace others: those are forked later, and see what has changed
    /// until then. Throws `std::system_error`.
    template <class Function>
    requires std::is_invocable_r_v<Response, const Function&, const Request&>

    explicit process_pool(Function task, const pool_options& options = {})
        : dispatcher_(
              [task = std::move(task)](std::string_view bytes, std::string& response,
                                       stage& at) {
                  const auto request = decode<Request>(bytes);
                  at = stage::running;
                  const Response answer = task(request);
                  at = stage::encoding;
                  codec<Response>::append(response, answer);
              },
              options) {}

    /// Hands a task in; blocks while the queue is full. A `time_limit` of 0 means that
    /// of the options. Throws `std::logic_error` after `close`, and what the encoding of
    /// the request throws.
    future<Response> submit(const Request& request,
                            std::chrono::milliseconds time_limit = {}) {
        const auto task = make_job(request, time_limit);
        dispatcher_.submit(task);
        return {&dispatcher_, task};
    }

    /// The same, but calls `on_end` in this process, during a later call of the pool. It
    /// may submit more; it must not wait. An abandoned task is not reported.
    void submit(const Request& request, std::function<void(result<Response>)> on_end,
                std::chrono::milliseconds time_limit = {}) {
        const auto task = make_job(request, time_limit);
        task->on_end = [call = std::move(on_end)](outcome&& of) {
            call(result<Response>{std::move(of)});
        };
        dispatcher_.submit(task);
    }

    /// All responses, in the order of the requests, whatever the order of completion.
    /// Throws the `task_error` of the first task in that order that has one; the tasks
    /// behind it still run.
    std::vector<Response> map(std::span<const Request> requests) {
        std::vector<future<Response>> futures;
        futures.reserve(requests.size());
        for (const Request& request : requests)
            futures.push_back(submit(request));
        std::vector<Response> responses;
        responses.reserve(requests.size());
        for (auto& one : futures)
            responses.push_back(one.get());
        return responses;
    }

    /// From now on nothing can be submitted.
    void close() noexcept { dispatcher_.close(); }

    /// `close`, and serves until all tasks have ended and all workers are gone. Without
    /// it, the destructor kills the workers and abandons their tasks.
    void join() { dispatcher_.join(); }

    std::vector<pid_t> pids() const { return dispatcher_.pids(); } ///< Of the workers.

    const pool_statistics& statistics() const noexcept {
        return dispatcher_.statistics();
    }

private:
    static std::shared_ptr<job> make_job(const Request& request,
                                         std::chrono::milliseconds time_limit) {
        auto task = std::make_shared<job>();
        task->request = encode(request);
        task->time_limit = time_limit;
        return task;
    }

    dispatcher dispatcher_;
};

/// Fetches all pages, each in a worker process of its own that waits for it;
/// `options.in_flight` is the number of workers, up to `most_workers`. The result has one
/// page per URL, in the same order. A page whose worker died twice has the error
/// `std::errc::owner_dead`.
std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options);

constexpr std::size_t most_workers = 256; ///< For `fetch_all`; each is a process.

} // namespace ladder::process_pool
