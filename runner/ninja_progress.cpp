#include "ninja_progress.hpp"

#include "pattern.hpp"

#include <fmt/format.h>

namespace ladder::learn {

void ninja_progress::operator()(std::string_view output) {
    line_ += output;
    for (std::size_t end; (end = line_.find('\n')) != line_.npos; line_.erase(0, end + 1))
        take(line_.substr(0, end));
}

int ninja_progress::steps(const std::string& output) {
    static const pattern counts{R"(\[[0-9]+/([0-9]+)\])"};
    const auto last = output.rfind("\n[");
    const auto found = counts.search(output.substr(last == output.npos ? 0 : last));
    return found ? std::stoi((*found)[1]) : 0;
}

void ninja_progress::take(const std::string& line) {
    static const pattern counts{R"(^\[([0-9]+)/([0-9]+)\] .*$)"};
    const auto found = counts.matches(line);
    if (!found) return;
    const int done = std::stoi((*found)[1]), all = std::stoi((*found)[2]);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin_;
    std::string text = fmt::format("building: {} of {}", done, all);
    if (done >= 4 && spent.count() >= 3) { // before that it is no estimate
        const double left = (all - done) * spent.count() / done;
        text += left < 90 ? fmt::format(", about {:.0f} s left", left)
                          : fmt::format(", about {:.0f} min left", left / 60);
    }
    say_(text);
}

} // namespace ladder::learn
