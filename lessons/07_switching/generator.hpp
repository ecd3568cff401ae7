#pragma once

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

/// Rung 07: to switch between flows of control by hand, in one thread.
namespace ladder::switching {

/// Values that a function makes one at a time, whenever somebody asks for the next. The
/// function (the *body*) has a stack of its own, so it may give a value away from
/// anywhere: from a loop, a recursion, another function. This is a generator as Lua's
/// coroutines or Python's greenlets make one (*stackful*); stackless_generator.hpp is the
/// other kind.
///
/// All of it happens in the thread that calls next(); use one from one thread only. The
/// body holds a pointer to the generator, so the generator stays where it is.
template <class T>
class generator {
public:
    /// What the body calls: gives a value away, and returns when the next one is wanted.
    class yield {
    public:
        void operator()(T value) const {
            owner_->value_ = std::move(value);
            owner_->caller_ = std::move(owner_->caller_).resume();
        }

    private:
        friend generator;

        explicit yield(generator* owner) : owner_(owner) {}

        generator* owner_;
    };

    /// `body` is called with a `yield`, and not before the first next(). Allocates the
    /// stack (128 KB of address space, and a guard page); throws `std::bad_alloc`.
    template <class Body>
    explicit generator(Body body)
        : body_(std::allocator_arg, boost::context::protected_fixedsize_stack{},
                [this, body = std::move(body)](boost::context::fiber&& caller) mutable {
                    caller_ = std::move(caller);
                    // [body]
                    try {
                        body(yield{this});
                    } catch (const boost::context::detail::forced_unwind&) {
                        throw; // not an error: this stack is being given back
                    } catch (...) {
                        error_ = std::current_exception(); // it cannot cross by itself
                    }
                    return std::move(caller_); // where to go on, when this has ended
                    // [/body]
                }) {}

    /// Lets the body run until it gives the next value away; nothing when it has ended.
    /// What it throws comes out here, once, and is its end.
    std::optional<T> next() {
        // [next]
        if (body_) body_ = std::move(body_).resume();
        if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
        return std::exchange(value_, std::nullopt);
        // [/next]
    }

    /// A body that has not ended is unwound: its destructors run.
    ~generator() = default;
    generator(const generator&) = delete;
    generator& operator=(const generator&) = delete;

private:
    std::optional<T> value_;
    std::exception_ptr error_;
    boost::context::fiber caller_; // empty while the body waits
    boost::context::fiber body_;   // empty while it runs, and when it has ended
};

} // namespace ladder::switching
