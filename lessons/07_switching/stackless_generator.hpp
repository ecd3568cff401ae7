#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace ladder::switching {

/// The same as `generator`, made by the compiler: what a function returns that contains
/// `co_yield`. It has no stack of its own; its locals are in an object on the heap, the
/// *frame*, and it runs on the stack of whoever calls next(). So it can wait only in this
/// function itself, not in one that it calls. [dcl.fct.def.coroutine]
///
/// Arguments are copied into the frame, but a reference stays a reference: what it refers
/// to must outlive the generator. Use one from one thread at a time.
template <class T>
class stackless_generator {
public:
    /// What the compiler calls: at the beginning, at each co_yield, at the end.
    struct promise_type {
        std::optional<T> value;
        std::exception_ptr error;

        stackless_generator get_return_object() {
            return stackless_generator{handle::from_promise(*this)};
        }

        std::suspend_always initial_suspend() noexcept { return {}; } // wait for next()

        std::suspend_always final_suspend() noexcept { return {}; } // keep the frame

        std::suspend_always yield_value(T next) {
            value = std::move(next);
            return {};
        }

        void return_void() noexcept {}

        void unhandled_exception() noexcept { error = std::current_exception(); }
    };

    /// Runs up to the next co_yield; nothing when it has ended. What it throws comes out
    /// here, once, and is its end.
    std::optional<T> next() {
        if (!frame_.done()) frame_.resume();
        promise_type& promise = frame_.promise();
        if (promise.error) std::rethrow_exception(std::exchange(promise.error, nullptr));
        return std::exchange(promise.value, std::nullopt);
    }

    stackless_generator(stackless_generator&& other) noexcept
        : frame_(std::exchange(other.frame_, nullptr)) {}

    stackless_generator& operator=(stackless_generator&&) = delete;

    /// Destroys the locals of one that has not ended, and the frame.
    ~stackless_generator() {
        if (frame_) frame_.destroy();
    }

private:
    using handle = std::coroutine_handle<promise_type>;

    explicit stackless_generator(handle frame) noexcept : frame_(frame) {}

    handle frame_;
};

} // namespace ladder::switching
