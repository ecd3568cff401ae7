#pragma once

namespace ladder::fetcher {

/// `fetcher status DIR`, also while the job runs: what is done, what failed, how fast,
/// and how long it will take. Returns the exit status. Throws job_error,
/// std::system_error.
int show_status(int argc, char** argv);

} // namespace ladder::fetcher
