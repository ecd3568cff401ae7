#pragma once

#include "database.hpp"

#include <cstdio>
#include <memory>
#include <span>
#include <string>

namespace ladder::five_hundred_databases {

/// Starts MariaDB, or the stand-in when that is wanted or nothing else is there, and says
/// to `out` which, and why.
std::unique_ptr<database> open_database(bool stand_in, std::FILE* out);

/// The thread pool as it was once measured, and with as many in flight as the coroutines.
/// `[--stand-in]`
int equal(std::span<const std::string> arguments);

/// A database that dies half-way: for each way, how many hosts answered, and what the
/// others said. `[--stand-in]`
int dies(std::span<const std::string> arguments);

/// One host of each kind that does not answer. `[--stand-in]`
int errors(std::span<const std::string> arguments);

} // namespace ladder::five_hundred_databases
