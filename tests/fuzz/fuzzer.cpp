// What libFuzzer calls. LADDER_TARGET is one of targets.hpp.

#include "targets.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ladder::fuzz::LADDER_TARGET({reinterpret_cast<const char*>(data), size});
    return 0;
}
