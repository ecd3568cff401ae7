#pragma once

#include "processes/unique_fd.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

namespace ladder::fetcher {

/// Bytes whose number matters before they are written where they belong: the first ones
/// in memory, and all of them in a file without a name when there are many. Nobody else
/// sees that file, and it ends with whoever has it.
class spool {
public:
    /// `folder` is where the file would be.
    explicit spool(std::string folder) : folder_(std::move(folder)) {}

    std::error_code write(std::string_view bytes);

    std::uint64_t size() const noexcept { return size_; }

    /// Gives all of it to `take`, in pieces, until that returns an error.
    std::error_code
    read(const std::function<std::error_code(std::string_view)>& take) const;

private:
    std::error_code open();
    std::error_code flush();

    std::string folder_;
    std::string memory_; ///< Of what is not in the file.
    processes::unique_fd file_;
    std::uint64_t size_ = 0;
};

} // namespace ladder::fetcher
