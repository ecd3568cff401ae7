#pragma once

/// A list that many machines share is in a database. For that there is another program
/// beside this one, which is this one with another source and sink (rung 15); this one
/// knows no more about it than its name.
namespace ladder::fetcher {

/// Is there an option --queue?
bool wants_queue(int argc, char** argv);

/// Becomes that program, with the same arguments. Throws std::system_error when it is not
/// there.
[[noreturn]] void become_queue_fetcher(char** argv);

} // namespace ladder::fetcher
