#pragma once

#include "processes/unique_fd.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace ladder::fetcher {

/// Where the page of a line of the list is saved below the folder, e.g. "pages/17/17342":
/// no more than a thousand in one place, and two lines never in the same. Not made from
/// the URL's text, which may hold `..`, be too long, or differ from another one only in
/// its case.
std::string page_name(std::uint64_t id);

/// A page on its way to the disk: written as a part, then renamed, so a file with a final
/// name is always whole. Not renamed, it is removed again.
///
/// The parts of one worker are in a folder of their own, inside the folder of the pages:
/// so they are on the same file system, no two workers or runs meet in it, and who buries
/// the worker removes it with all that is there.
class page_file {
public:
    /// `folder` is a descriptor of the open folder, not owned; `parts` the name of the
    /// parts' one in it, which is made when it is needed. Nothing is written yet.
    page_file(int folder, std::uint64_t id, const std::string& parts);
    ~page_file();
    page_file(page_file&&) noexcept = default;
    page_file& operator=(page_file&&) = delete;

    /// Small pages stay in memory until the end.
    std::error_code write(std::string_view piece);

    /// Gives the page its final name, replacing what had it before.
    std::error_code finish();

    const std::string& name() const noexcept { return name_; }

private:
    std::error_code open();
    std::error_code flush();

    int folder_;
    std::string name_;
    std::string part_; ///< Its name, in the folder.
    std::string buffer_;
    processes::unique_fd file_;
};

} // namespace ladder::fetcher
