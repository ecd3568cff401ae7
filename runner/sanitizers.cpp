#include "sanitizers.hpp"

#include <fstream>

namespace ladder::learn {

constexpr int most_random_bits = 28;

int random_address_bits() {
    std::ifstream file{"/proc/sys/vm/mmap_rnd_bits"};
    int bits = 0;
    return file >> bits ? bits : 0;
}

bool too_random() {
    return random_address_bits() > most_random_bits;
}

std::vector<std::string> fixed_addresses() {
    if (too_random()) return {"setarch", "-R"};
    return {};
}

} // namespace ladder::learn
