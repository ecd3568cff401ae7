#pragma once

#include "codec.hpp"
#include "dispatcher.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

/// What comes back from the pool: a response, or the reason why there is none.
namespace ladder::process_pool {

/// Why a task has no response. `what()` says all of it in one line.
class task_error : public std::runtime_error {
public:
    explicit task_error(const outcome&);

    ending how() const noexcept { return how_; }

    const std::string& type() const noexcept { return type_; } ///< Of the exception.

    const std::string& text() const noexcept { return text_; } ///< What it said.

private:
    ending how_;
    std::string type_;
    std::string text_;
};

/// What became of a task: the response, or why there is none.
template <class Response>
class result {
public:
    explicit result(outcome&& of) : outcome_(std::move(of)) {}

    bool ok() const noexcept { return outcome_.how == ending::done; }

    /// Why there is no response, in one line; only when it is not ok.
    std::string error() const { return task_error{outcome_}.what(); }

    /// Throws `task_error`, or what the decoding throws.
    Response get() const {
        if (!ok()) throw task_error{outcome_};
        return decode<Response>(outcome_.response);
    }

private:
    outcome outcome_;
};

template <travels Request, travels Response>
class process_pool;

/// A response that will come. It belongs to its pool's thread; when the pool ends first,
/// the task is abandoned. To drop a future does not stop its task.
template <class Response>
class future {
public:
    /// The task has ended, as far as the pool has heard; does not look.
    bool ready() const noexcept { return job_->ended; }

    /// Serves the pool until the task has ended. Once. Throws as `result::get` does.
    Response get() {
        if (!job_->ended) pool_->wait(*job_);
        return result<Response>{std::move(job_->result)}.get();
    }

private:
    template <travels, travels>
    friend class process_pool;

    future(dispatcher* pool, std::shared_ptr<job> job)
        : pool_(pool),
          job_(std::move(job)) {}

    dispatcher* pool_;
    std::shared_ptr<job> job_;
};

} // namespace ladder::process_pool
