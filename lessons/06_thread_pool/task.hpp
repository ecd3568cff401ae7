#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace ladder::thread_pool {

/// A function without arguments and without a result, to be called once. Unlike
/// std::function it can hold what can only be moved, such as a std::packaged_task
/// (C++23 has std::move_only_function).
class task {
public:
    template <class Function>

    requires(!std::is_same_v<std::remove_cvref_t<Function>, task>)

        explicit task(Function&& function)
        : held_(std::make_unique<holder<std::remove_cvref_t<Function>>>(
              std::forward<Function>(function))) {}

    void operator()() { held_->call(); }

private:
    struct base {
        virtual ~base() = default;
        virtual void call() = 0;
    };

    template <class Function>
    struct holder final : base {
        explicit holder(Function&& f) : function(std::move(f)) {}

        explicit holder(const Function& f) : function(f) {}

        void call() override { function(); }

        Function function;
    };

    std::unique_ptr<base> held_;
};

} // namespace ladder::thread_pool
