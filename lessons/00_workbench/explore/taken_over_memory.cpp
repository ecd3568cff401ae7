// Memory that is given back.

#include "taken_over.hpp"

#include <new>

#include <malloc.h>

using namespace ladder::exploring;

extern "C" {

void __libc_free(void*);

// Memory is not used again in an order: nobody is blamed for what others did there.
void free(void* memory) noexcept {
    if (self == nullptr || memory == nullptr) return __libc_free(memory);
    const inside in;
    the_scheduler->deleted.push_back(memory);
}

} // extern "C"

void operator delete(void* memory) noexcept {
    if (self == nullptr || memory == nullptr) return __libc_free(memory);
    const auto pc = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
    const inside in;
    the_scheduler->access(in.me(), memory, ::malloc_usable_size(memory), does::deletes,
                          pc);
    the_scheduler->deleted.push_back(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    operator delete(memory);
}
void operator delete[](void* memory) noexcept {
    operator delete(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    operator delete(memory);
}
