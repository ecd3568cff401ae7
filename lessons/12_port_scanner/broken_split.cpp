// Deliberately wrong: divides the last port by the number of processes, gives neighbours
// a port in common, and has a formula of its own for the last part. It looks right for
// ports from 1 on and a number of processes that divides them.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <map>
#include <vector>

namespace {

struct ports {
    int first;
    int last; ///< Included.
};

std::vector<ports> split(const ports& all, int processes) {
    const int step = all.last / processes;
    std::vector<ports> parts;
    parts.reserve(static_cast<std::size_t>(processes));
    for (int i = 0; i < processes - 1; ++i)
        parts.push_back({i * step, (i + 1) * step});
    parts.push_back({(processes - 1) * step + 1, processes * step});
    return parts;
}

} // namespace

int main() {
    const ports all{1000, 1010};
    constexpr int processes = 4;
    std::map<int, int> asked;
    for (const ports& part : split(all, processes)) {
        fmt::print("a process for ports {:>4} to {:>4}\n", part.first, part.last);
        for (int port = part.first; port <= part.last; ++port)
            ++asked[port];
    }
    std::vector<int> missed, twice;
    int unwanted = 0;
    for (const auto& [port, times] : asked) {
        if (times > 1) twice.push_back(port);
        unwanted += port < all.first || port > all.last ? 1 : 0;
    }
    for (int port = all.first; port <= all.last; ++port)
        if (!asked.contains(port)) missed.push_back(port);
    fmt::print("\nwanted: {} to {}\nnever asked: {}\nasked twice: {}\nasked, and not "
               "wanted: {} ports\n",
               all.first, all.last, fmt::join(missed, " "), fmt::join(twice, " "),
               unwanted);
}
