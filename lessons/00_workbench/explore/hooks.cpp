// What code compiled with -fsanitize=thread calls: at every access, before it; and
// instead of every atomic operation. (The names are those of compiler-rt,
// tsan_interface.h and tsan_interface_atomic.h.)

#include "scheduler.hpp"
#include "workbench/interleave.hpp"

#include <cstring>
#include <type_traits>

using namespace ladder::exploring;

namespace {

[[gnu::always_inline]] inline std::uintptr_t here() {
    return reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
}

void plain(const void* address, std::size_t size, does what, std::uintptr_t pc) {
    if (self == nullptr || size == 0) return;
    const inside in;
    the_scheduler->access(in.me(), address, size, what, pc);
}

// ---- atomic operations: in one order for all threads, whatever the memory order says

constexpr int relaxed = 0, release = 3,
              acq_rel = 4; // memory_order as the compiler has it

bool acquires(int order) {
    return order != relaxed && order != release;
}

bool releases(int order) {
    return order >= release;
}

// What each memory order promises about everything else, for the races. The access itself
// comes after the one and before the other.

void synchronise_load(thread& me, const void* at, int order) {
    join(me.seen, the_scheduler->synced[at]);
    if (acquires(order)) the_scheduler->acquire(me, at);
}

void synchronise_store(thread& me, const void* at, int order) {
    if (releases(order))
        the_scheduler->release(me, at);
    else
        join(the_scheduler->synced[at], me.fence);
}

/// The counters of std::shared_ptr, as libstdc++ writes them: they decide nothing.
bool is_count(std::size_t size, int order) {
    return size == 4 && order == acq_rel;
}

template <class T>
T load(const volatile T* at, int order, std::uintptr_t pc) {
    const void* const address = const_cast<const T*>(at);
    // Where tests may come between (interleave.hpp): no test does here.
    if (self == nullptr || address == &ladder::interleave::detail::watching)
        return __atomic_load_n(at, __ATOMIC_SEQ_CST);
    const inside in;
    scheduler& s = *the_scheduler;
    const auto found = static_cast<std::uint64_t>(*at);
    if (s.looked(in.me(), address, pc, found)) s.point(in.me());
    synchronise_load(in.me(), address, order);
    s.access(in.me(), address, sizeof(T), does::reads, pc, true);
    return *at;
}

template <class T>
void store(volatile T* at, T value, int order, std::uintptr_t pc) {
    if (self == nullptr) return __atomic_store_n(at, value, __ATOMIC_SEQ_CST);
    const inside in;
    scheduler& s = *the_scheduler;
    void* const address = const_cast<T*>(at);
    s.point(in.me());
    s.access(in.me(), address, sizeof(T), does::writes, pc, true);
    s.synced[address] = {}; // a store begins anew, a change goes on
    synchronise_store(in.me(), address, order);
    s.changed();
    *at = value;
}

/// Stores what `operation` makes of the old value, and returns the old value.
template <class T, class Operation>
T change(volatile T* at, int order, std::uintptr_t pc, Operation operation) {
    if (self == nullptr) {
        T old = __atomic_load_n(at, __ATOMIC_SEQ_CST);
        while (!__atomic_compare_exchange_n(at, &old, operation(old), false,
                                            __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        }
        return old;
    }
    const inside in;
    scheduler& s = *the_scheduler;
    void* const address = const_cast<T*>(at);
    if (!is_count(sizeof(T), order)) s.point(in.me());
    if (operation(*at) == *at) // as one who waits for a spin lock
        s.looked(in.me(), address, pc, static_cast<std::uint64_t>(*at));
    synchronise_load(in.me(), address, order);
    s.access(in.me(), address, sizeof(T), does::changes, pc, true);
    synchronise_store(in.me(), address, order);
    const T old = *at;
    *at = operation(old);
    if (*at != old) s.changed();
    return old;
}

template <class T>
bool compare_exchange(volatile T* at, T* expected, T desired, int order,
                      std::uintptr_t pc) {
    const T wanted = *expected;
    const T old =
        change(at, order, pc, [&](T is) { return is == wanted ? desired : is; });
    if (old == wanted) return true;
    *expected = old;
    return false;
}

} // namespace

extern "C" {

void __tsan_init() {}
void __tsan_ignore_thread_begin() {}
void __tsan_ignore_thread_end() {}

void __tsan_func_entry(void* call) {
    if (self == nullptr) return;
    const inside in;
    the_scheduler->calls(in.me(), reinterpret_cast<std::uintptr_t>(call));
}

void __tsan_func_exit() {
    if (self == nullptr) return;
    const inside in;
    the_scheduler->returns(in.me());
}

#define LADDER_HOOK(name, size, what)                                                    \
    void __tsan_##name##size(void* p) {                                                  \
        plain(p, size, does::what, here());                                              \
    }
#define LADDER_ACCESS(size)                                                              \
    LADDER_HOOK(read, size, reads)                                                       \
    LADDER_HOOK(write, size, writes)                                                     \
    LADDER_HOOK(unaligned_read, size, reads)                                             \
    LADDER_HOOK(unaligned_write, size, writes)                                           \
    LADDER_HOOK(volatile_read, size, reads)                                              \
    LADDER_HOOK(volatile_write, size, writes)                                            \
    LADDER_HOOK(read_write, size, writes)                                                \
    LADDER_HOOK(unaligned_read_write, size, writes)
LADDER_ACCESS(1)
LADDER_ACCESS(2)
LADDER_ACCESS(4)
LADDER_ACCESS(8)
LADDER_ACCESS(16)
#undef LADDER_ACCESS
#undef LADDER_HOOK

void __tsan_read_range(void* p, unsigned long size) {
    plain(p, size, does::reads, here());
}

void __tsan_write_range(void* p, unsigned long size) {
    plain(p, size, does::writes, here());
}

void __tsan_vptr_read(void** p) {
    plain(p, sizeof *p, does::reads, here());
}

void __tsan_vptr_update(void** p, void* value) { // again by each destructor
    if (*p != value) plain(p, sizeof *p, does::writes, here());
}

#define LADDER_CHANGE(bits, T, name, expression)                                         \
    T __tsan_atomic##bits##_##name(volatile T* at, T value, int order) {                 \
        return change(at, order, here(),                                                 \
                      [&](T old) { return static_cast<T>(expression); });                \
    }
#define LADDER_EXCHANGE(bits, T, name)                                                   \
    int __tsan_atomic##bits##_##name(volatile T* at, T* expected, T desired, int order,  \
                                     int) {                                              \
        return compare_exchange(at, expected, desired, order, here());                   \
    }
#define LADDER_ATOMIC(bits, T)                                                           \
    T __tsan_atomic##bits##_load(const volatile T* at, int order) {                      \
        return load(at, order, here());                                                  \
    }                                                                                    \
    void __tsan_atomic##bits##_store(volatile T* at, T value, int order) {               \
        store(at, value, order, here());                                                 \
    }                                                                                    \
    LADDER_CHANGE(bits, T, exchange, ((void)old, value))                                 \
    LADDER_CHANGE(bits, T, fetch_add, old + value)                                       \
    LADDER_CHANGE(bits, T, fetch_sub, old - value)                                       \
    LADDER_CHANGE(bits, T, fetch_and, old& value)                                        \
    LADDER_CHANGE(bits, T, fetch_or, old | value)                                        \
    LADDER_CHANGE(bits, T, fetch_xor, old ^ value)                                       \
    LADDER_CHANGE(bits, T, fetch_nand, ~(old & value))                                   \
    LADDER_EXCHANGE(bits, T, compare_exchange_strong)                                    \
    LADDER_EXCHANGE(bits, T, compare_exchange_weak)                                      \
    T __tsan_atomic##bits##_compare_exchange_val(volatile T* at, T expected, T desired,  \
                                                 int order, int) {                       \
        compare_exchange(at, &expected, desired, order, here());                         \
        return expected;                                                                 \
    }
LADDER_ATOMIC(8, std::uint8_t)
LADDER_ATOMIC(16, std::uint16_t)
LADDER_ATOMIC(32, std::uint32_t)
LADDER_ATOMIC(64, std::uint64_t)
#undef LADDER_ATOMIC
#undef LADDER_EXCHANGE
#undef LADDER_CHANGE

void __tsan_atomic_signal_fence(int) {}

void __tsan_atomic_thread_fence(int order) {
    if (self == nullptr) return;
    const inside in;
    thread& me = in.me();
    if (acquires(order)) join(me.clock, me.seen);
    if (releases(order)) {
        me.fence = me.clock;
        ++me.clock[static_cast<std::size_t>(me.id)];
    }
}

void* __tsan_memcpy(void* to, const void* from, unsigned long size) {
    plain(from, size, does::reads, here());
    plain(to, size, does::writes, here());
    return std::memcpy(to, from, size);
}

void* __tsan_memmove(void* to, const void* from, unsigned long size) {
    plain(from, size, does::reads, here());
    plain(to, size, does::writes, here());
    return std::memmove(to, from, size);
}

void* __tsan_memset(void* to, int value, unsigned long size) {
    plain(to, size, does::writes, here());
    return std::memset(to, value, size);
}

} // extern "C"
