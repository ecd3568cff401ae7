// Deliberately wrong: divides the last port, and not the number of ports, by the number
// of processes; gives neighbours a port in common; and has a formula of its own for the
// last part, which forgets where the range starts. From port 0 on it looks right.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <vector>

namespace {

struct ports {
    int first;
    int last; ///< Included.
};

// [split]
std::vector<ports> split(const ports& all, int processes) {
    const int step = all.last / processes;
    std::vector<ports> parts;
    for (int i = 0; i < processes - 1; ++i)
        parts.push_back({all.first + i * step, all.first + (i + 1) * step});
    parts.push_back({(processes - 1) * step, all.last});
    return parts;
}

// [/split]

void show(const ports& all, int processes) {
    fmt::print("ports {} to {}, {} processes:", all.first, all.last, processes);
    std::map<int, int> asked;
    for (const ports& part : split(all, processes)) {
        fmt::print(" {}-{}", part.first, part.last);
        for (int port = part.first; port <= part.last; ++port)
            ++asked[port];
    }
    std::vector<int> twice;
    int unwanted = 0;
    for (const auto& [port, times] : asked) {
        if (times > 1) twice.push_back(port);
        if (port < all.first || port > all.last) ++unwanted;
    }
    fmt::print("\n  asked twice: {} ports: {}\n  asked, and not wanted: {} ports\n",
               twice.size(), fmt::join(twice, " "), unwanted);
}

} // namespace

int main() {
    show({0, 65535}, 4);
    show({1000, 1010}, 4);
}
