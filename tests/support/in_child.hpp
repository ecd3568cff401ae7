#pragma once

#include <string>

namespace ladder {

/// Runs `work` in a child process and returns what it returned; for work that, done
/// wrong, would never end or would crash. Instead of a hang the result is "nobody moves"
/// when all threads there sleep and none of them has woken in 100 looks, one every 10 ms;
/// or "no end after 5 s of a processor's time", or 40 s; and instead of a crash the name
/// of the signal.
std::string in_child(std::string (*work)());

} // namespace ladder
