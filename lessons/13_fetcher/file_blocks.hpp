#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace ladder::fetcher {

/// Reads an open file from where it is to its end, and calls `take` with block after
/// block. `name` is for the error. Throws std::system_error.
void for_each_block(int file, const std::string& name,
                    const std::function<void(std::string_view)>& take);

} // namespace ladder::fetcher
