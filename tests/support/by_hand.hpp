#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ladder {

/// A coroutine that begins and ends when the test says so: no clock, no chance.
class by_hand {
public:
    explicit by_hand(boost::asio::io_context& loop);

    /// Waits until `give` or `fail`; or until it is cancelled, which throws.
    boost::asio::awaitable<int> job();

    void give(int value);
    void fail(std::exception_ptr error);

    /// When it is cancelled, it does not end before `tidy_up`.
    void takes_time_to_tidy_up();

    void tidy_up();
    void give_late(int value); ///< In place of that: it ends well.

    bool begun() const;
    bool cancelled() const;

private:
    struct state;

    static boost::asio::awaitable<int> run(std::shared_ptr<state> s);

    std::shared_ptr<state> state_;
};

/// A loop with so many jobs by hand, and what `Result` comes of them all: of `ask`, which
/// makes one coroutine out of the list and has begun. Compiled once, for these results:
/// what a reader changes should not wait for it.
template <class Result>
struct asked_by_hand {
    using jobs_type = std::vector<boost::asio::awaitable<int>>;

    asked_by_hand(std::size_t count,
                  const std::function<boost::asio::awaitable<Result>(jobs_type)>& ask,
                  bool untidy = false);

    /// Lets everybody do what he can do now.
    void go_on();

    /// Looks again and again until it is so; but not for ever.
    void wait_until(const std::function<bool()>& is_so);

    void give(std::size_t job, int value);
    void fail(std::size_t job, const std::string& message); ///< A std::runtime_error.
    void fail(std::size_t job, std::exception_ptr error);

    boost::asio::io_context loop{1};
    std::deque<by_hand> jobs{};
    bool returned = false;
    Result result{};
    std::string error{}; ///< Its message; "int 42" when that was thrown.
};

extern template struct asked_by_hand<std::vector<int>>;
extern template struct asked_by_hand<std::optional<int>>;

} // namespace ladder
