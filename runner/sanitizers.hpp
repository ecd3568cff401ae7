#pragma once

#include <string>
#include <vector>

/// ThreadSanitizer does not start where the kernel randomises more than 28 bits of an
/// address (vm.mmap_rnd_bits); setarch(8) can switch that off for one program and all
/// that it starts.
namespace ladder::learn {

/// How many bits the kernel randomises; 0 where it does not say.
int random_address_bits();

/// Too many for ThreadSanitizer?
bool too_random();

/// What goes in front of a program with a sanitizer, and of its build: nothing, or the
/// words of setarch.
std::vector<std::string> fixed_addresses();

} // namespace ladder::learn
