#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace ladder::fetcher {

struct verification {
    std::uint64_t lines = 0;    ///< Of the list, with a URL.
    std::uint64_t outcomes = 0; ///< Lines with exactly one.
    std::uint64_t pages = 0;    ///< Saved ones that are there and whole.
    std::uint64_t wrong = 0;    ///< All that is; of these:
    std::uint64_t missing = 0;  ///< Lines without an outcome.
    std::uint64_t strays = 0;   ///< What is in the folder, and is not the job's.
    std::uint64_t foreign = 0;  ///< Of these: never was, and is not removed.
    bool other_list = false;    ///< Somebody changed it: nothing is repaired.
};

/// Looks whether a job is what it should be: one outcome for each URL of the list, every
/// saved page there with its size and digest, and nothing else in the folder. `tell` gets
/// a line for each thing that is wrong. With `repair`, what is wrong is removed, so that
/// `resume` does it again; what somebody else put beside the files of the job stays.
/// Nobody may be working on the job. Throws std::system_error.
verification verify_job(const std::filesystem::path& folder, bool repair,
                        const std::function<void(const std::string&)>& tell);

/// `fetcher verify DIR`. Returns the exit status: 0 all is well, 1 something is not, 2
/// wrong usage. Throws job_error.
int verify(int argc, char** argv);

} // namespace ladder::fetcher
