#pragma once

// Functions of the C library that wait, or end a wait, under their own names: the linker
// lets the whole program call these, libstdc++.so too. Threads outside of an exploration
// get the real ones.

#include "scheduler.hpp"

#include <cstdint>
#include <ctime>

#include <dlfcn.h>

namespace ladder::exploring {

template <class Function>
Function real(Function, const char* name) {
    // Those of condition variables exist twice; without a version comes the old one.
    void* found = ::dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
    if (found == nullptr) found = ::dlsym(RTLD_NEXT, name);
    return reinterpret_cast<Function>(found);
}

// Without a guard, as function-local statics have it: whoever waits for a guard calls
// syscall(), which is one of these.
template <class Function>
Function found(Function& real_one, Function type, const char* name) {
    if (__atomic_load_n(&real_one, __ATOMIC_ACQUIRE) == nullptr)
        __atomic_store_n(&real_one, real(type, name), __ATOMIC_RELEASE);
    return real_one;
}

#define LADDER_REAL(name)                                                                \
    static decltype(&::name) real_one = nullptr;                                         \
    if (self == nullptr) return found(real_one, &::name, #name)

/// And goes on `in` here with the others.
#define LADDER_INSIDE(name, ...)                                                         \
    LADDER_REAL(name)(__VA_ARGS__);                                                      \
    const inside in

inline std::int64_t nanoseconds(const timespec* t) {
    return t->tv_sec * 1'000'000'000LL + t->tv_nsec + 1; // never 0
}

/// What a wait for a notice does to its mutex.
bool is_free(const thread& t);
void become_owner(thread& me, const void* m);
int unlock(thread& me, const void* m);

} // namespace ladder::exploring
