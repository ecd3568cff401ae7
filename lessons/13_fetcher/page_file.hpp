#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace ladder::fetcher {

/// Where a page is saved below the folder: two hexadecimal digits of the SHA-256 of its
/// URL as a folder, then 30 more as the file's name. Never made from the URL's text,
/// which may hold `..`, be too long, or differ from another one only in its case.
std::string file_name(std::string_view url);

/// Under what the page of one task of one run is written until it is whole; `name` is
/// its final one, in whose folder this is too. `run` is the supervisor's process id, so
/// that two runs may save into one folder.
std::string part_name(const std::string& name, std::int32_t run, std::uint64_t task_id);

/// A page on its way to the disk: written as `.part`, then renamed, so a file with a
/// final name is always whole. Not renamed, it is removed again.
class page_file {
public:
    /// `folder` is a descriptor of the open folder, not owned. Nothing is written yet.
    page_file(int folder, std::string_view url, std::int32_t run, std::uint64_t task_id);
    ~page_file();
    page_file(page_file&&) noexcept;
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
    std::string part_;
    std::string buffer_;
    int file_ = -1;
};

} // namespace ladder::fetcher
