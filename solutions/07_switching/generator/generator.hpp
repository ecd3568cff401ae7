#pragma once

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace ladder {

/// Values that a function, the *body*, makes one at a time, each when it is asked for.
/// The body has a stack of its own. One thread.
template <class T>
class generator {
public:
    /// Gives a value away, and returns when the next one is wanted.
    using yield = std::function<void(T)>;
    using body = std::function<void(const yield&)>;

    explicit generator(body work)
        : body_(std::allocator_arg, boost::context::protected_fixedsize_stack{},
                [this, work = std::move(work)](boost::context::fiber&& caller) {
                    caller_ = std::move(caller);
                    try {
                        work([this](T value) {
                            value_ = std::move(value);
                            caller_ = std::move(caller_).resume();
                        });
                    } catch (const boost::context::detail::forced_unwind&) {
                        throw; // the generator is being thrown away
                    } catch (...) {
                        error_ = std::current_exception();
                    }
                    return std::move(caller_);
                }) {}

    generator(const generator&) = delete;
    generator& operator=(const generator&) = delete;

    /// Lets the body run until it gives the next value away: true. False when it ended
    /// instead, now or before. What the body throws comes out here, and is its end.
    bool next() {
        if (!body_) return false;
        body_ = std::move(body_).resume();
        if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
        return static_cast<bool>(body_);
    }

    /// The value that the body gave away, after a next() that was true.
    const T& value() const { return *value_; }

private:
    std::optional<T> value_;
    std::exception_ptr error_;
    boost::context::fiber caller_; // who called next(), while the body runs
    boost::context::fiber body_;   // the body, while it waits; empty when it has ended
};

} // namespace ladder
