#pragma once

#include <concepts>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace ladder::thread_pool {

/// A function without arguments and without a result, to be called once. Unlike
/// std::function it can hold what can only be moved, such as a std::packaged_task, and
/// holds it in place, without allocating memory. (C++23: std::move_only_function.)
class task {
    static constexpr std::size_t small = 4 * sizeof(void*);

    struct base {
        virtual ~base() = default;
        virtual void call() = 0;
        virtual void move_to(void* place) noexcept = 0;
    };

    template <class Function>
    struct holder final : base {
        explicit holder(Function&& f) : function(std::move(f)) {}

        void call() override { function(); }

        void move_to(void* place) noexcept override {
            ::new (place) holder{std::move(function)};
        }

        Function function;
    };

public:
    /// Takes a function that is small and moves without throwing; a std::packaged_task
    /// is, whatever it holds.
    template <class Function>

    requires(std::invocable<Function&> && sizeof(holder<Function>) <= small &&
             std::is_nothrow_move_constructible_v<Function>)

        explicit task(Function function) {
        held_ = ::new (static_cast<void*>(place_)) holder<Function>{std::move(function)};
    }

    task(task&& other) noexcept { take(other); }

    task& operator=(task&& other) noexcept {
        if (this != &other) {
            destroy();
            take(other);
        }
        return *this;
    }

    ~task() { destroy(); }

    void operator()() { held_->call(); }

private:
    void take(task& other) noexcept {
        if (other.held_ == nullptr) return;
        other.held_->move_to(place_);
        held_ = std::launder(reinterpret_cast<base*>(place_));
        other.destroy();
    }

    void destroy() noexcept {
        if (held_ != nullptr) std::exchange(held_, nullptr)->~base();
    }

    alignas(std::max_align_t) std::byte place_[small];
    base* held_ = nullptr;
};

} // namespace ladder::thread_pool
