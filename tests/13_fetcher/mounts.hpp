#pragma once

// File systems that a test mounts. Nobody else sees them, and they are gone when the test
// is, also when it was killed. Only root can do that; elsewhere the test is skipped.

#include "fetcher_program.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <utility>

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace ladder::fetcher::test {

/// This process and those that it starts have their own mounts from now on.
inline void have_own_mounts() {
    static const bool has_them =
        ::unshare(CLONE_NEWNS) == 0 &&
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    if (!has_them) SKIP("nothing can be mounted here");
}

/// A tmpfs.
class small_tmpfs {
public:
    /// The folder is made. `size` as in "64k".
    small_tmpfs(std::string folder, const std::string& size)
        : folder_(std::move(folder)) {
        have_own_mounts();
        fs::create_directory(folder_);
        if (!mount(0, size)) SKIP("no tmpfs can be mounted here");
    }

    small_tmpfs(const small_tmpfs&) = delete;
    small_tmpfs& operator=(const small_tmpfs&) = delete;

    ~small_tmpfs() { ::umount2(folder_.c_str(), MNT_DETACH); }

    void resize(const std::string& size) const { REQUIRE(mount(MS_REMOUNT, size)); }

private:
    bool mount(unsigned long flags, const std::string& size) const {
        return ::mount("tmpfs", folder_.c_str(), "tmpfs", flags,
                       ("size=" + size).c_str()) == 0;
    }

    std::string folder_;
};

} // namespace ladder::fetcher::test
