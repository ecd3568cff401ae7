#pragma once

#include "removal_at_death.hpp"

#include <string>
#include <string_view>

#include <sys/types.h>

namespace ladder {

/// A new file or folder that is gone with this object. Its path is `name` and six
/// characters that nobody else has, in the temporary directory ($TMPDIR or /tmp), or
/// where `name` says if it is absolute. Only its owner may read it (mkstemp(3),
/// mkdtemp(3)). In a forked child the copy of this object removes nothing. It is removed
/// when a signal ends the process, too: see `removal_at_death`.
///
/// The constructors throw `std::system_error`, which names the path.
class temporary_file {
public:
    explicit temporary_file(std::string_view content = {},
                            std::string_view name = "ladder-");
    ~temporary_file();
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;

    const std::string& path() const noexcept { return path_; }

    /// What is in it now; empty when it cannot be read.
    std::string content() const;

private:
    std::string path_;
    pid_t owner_;
    removal_at_death removal_;
};

/// See `temporary_file`; what was put into the folder goes with it.
class temporary_folder {
public:
    explicit temporary_folder(std::string_view name = "ladder-");
    ~temporary_folder();
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;

    const std::string& path() const noexcept { return path_; }

    /// The path of what has this name in the folder.
    std::string operator/(std::string_view name) const;

private:
    std::string path_;
    pid_t owner_;
    removal_at_death removal_;
};

} // namespace ladder
