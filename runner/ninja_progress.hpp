#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace ladder::learn {

/// Takes in what ninja writes, and says how far it is: "building: 12 of 40, about 20 s
/// left".
class ninja_progress {
public:
    explicit ninja_progress(const std::function<void(const std::string&)>& say)
        : say_(say) {}

    void operator()(std::string_view output);

    /// How many steps `ninja -n` says that a build will have.
    static int steps(const std::string& output);

private:
    void take(const std::string& line);

    const std::function<void(const std::string&)>& say_;
    std::string line_;
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

} // namespace ladder::learn
