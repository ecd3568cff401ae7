#include "by_hand.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace ladder {

namespace net = boost::asio;

struct by_hand::state {
    using timer = net::steady_timer;

    explicit state(net::io_context& loop)
        : event(loop, timer::time_point::max()),
          tidied(loop, timer::time_point::max()) {}

    timer event, tidied; // nobody waits for the time: they are cancelled
    bool begun = false, cancelled = false, untidy = false;
    std::optional<int> value{};
    std::exception_ptr error{};
};

by_hand::by_hand(net::io_context& loop) : state_(std::make_shared<state>(loop)) {}

net::awaitable<int> by_hand::job() {
    return run(state_);
}

void by_hand::give(int value) {
    state_->value = value;
    state_->event.cancel_one();
}

void by_hand::fail(std::exception_ptr error) {
    state_->error = std::move(error);
    state_->event.cancel_one();
}

void by_hand::takes_time_to_tidy_up() {
    state_->untidy = true;
}

void by_hand::tidy_up() {
    state_->tidied.cancel_one();
}

void by_hand::give_late(int value) {
    state_->value = value;
    tidy_up();
}

bool by_hand::begun() const {
    return state_->begun;
}

bool by_hand::cancelled() const {
    return state_->cancelled;
}

net::awaitable<int> by_hand::run(std::shared_ptr<state> s) {
    s->begun = true;
    try {
        co_await s->event.async_wait(net::use_awaitable);
    } catch (const boost::system::system_error&) { // that is how it is woken
    }
    const auto now = co_await net::this_coro::cancellation_state;
    s->cancelled = now.cancelled() != net::cancellation_type::none;
    if (s->value) co_return *s->value;
    if (s->error) std::rethrow_exception(s->error);
    co_await net::this_coro::reset_cancellation_state(net::disable_cancellation());
    try {
        if (s->untidy) co_await s->tidied.async_wait(net::use_awaitable);
    } catch (const boost::system::system_error&) {
    }
    if (s->value) co_return *s->value;
    throw std::runtime_error{"cancelled"};
}

template <class Result>
asked_by_hand<Result>::asked_by_hand(
    std::size_t count, const std::function<net::awaitable<Result>(jobs_type)>& ask,
    bool untidy) {
    jobs_type list;
    for (std::size_t i = 0; i < count; ++i) {
        list.push_back(jobs.emplace_back(loop).job());
        if (untidy) jobs.back().takes_time_to_tidy_up();
    }
    net::co_spawn(loop, ask(std::move(list)),
                  [this](const std::exception_ptr& e, Result all) {
                      returned = true;
                      result = std::move(all);
                      try {
                          if (e) std::rethrow_exception(e);
                      } catch (int thrown) {
                          error = "int " + std::to_string(thrown);
                      } catch (const std::out_of_range& thrown) {
                          error = std::string{"out_of_range "} + thrown.what();
                      } catch (const std::exception& thrown) {
                          error = thrown.what();
                      }
                  });
    go_on();
}

template <class Result>
void asked_by_hand<Result>::go_on() {
    loop.restart();
    loop.poll();
}

template <class Result>
void asked_by_hand<Result>::wait_until(const std::function<bool()>& is_so) {
    loop.restart();
    for (int looks = 0; !is_so() && looks < 1000; ++looks)
        loop.run_one_for(std::chrono::milliseconds{10});
}

template <class Result>
void asked_by_hand<Result>::give(std::size_t job, int value) {
    jobs[job].give(value);
    go_on();
}

template <class Result>
void asked_by_hand<Result>::fail(std::size_t job, const std::string& message) {
    fail(job, std::make_exception_ptr(std::runtime_error{message}));
}

template <class Result>
void asked_by_hand<Result>::fail(std::size_t job, std::exception_ptr error) {
    jobs[job].fail(std::move(error));
    go_on();
}

template struct asked_by_hand<std::vector<int>>;
template struct asked_by_hand<std::optional<int>>;

} // namespace ladder
