#pragma once

namespace ladder::processes {

/// Prints the life of a child that ends before its parent looks.
void show_zombie();

/// Prints what becomes of a process whose parent dies: adopted at first, and ended in the
/// second try. Meanwhile this process adopts all orphans that descend from it
/// (PR_SET_CHILD_SUBREAPER in prctl(2)); otherwise process 1 would.
void show_orphans();

} // namespace ladder::processes
