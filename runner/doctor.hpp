#pragma once

namespace ladder::learn {

/// `./learn doctor`, after the script has said what is there: prints the rows of its
/// table that say what works. Returns the exit status.
int doctor();

} // namespace ladder::learn
