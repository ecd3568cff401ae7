#pragma once

#include "processes/unique_fd.hpp"

#include <memory>
#include <string>

/// Machines that have a network of their own, and a cable that can be cut.
namespace ladder::beyond_one_machine {

/// A network with nobody else in it: from its making on, the calling thread and all that
/// it starts are in a network namespace (network_namespaces(7)), where there is only the
/// loopback interface. A machine is a namespace of its own inside, with one end of a veth
/// pair (veth(4)), and the other end here: that is its cable.
///
/// The kernel removes a namespace with the last process in it, and its cables. So there
/// is nothing to clean up, however we end.
///
/// Root may do that; others may where the system lets them have a user namespace, which
/// cannot be left again. Use it from a process with one thread, before it starts others.
class network {
public:
    /// Why there can be none here; empty: there can. Tried out in a child.
    static std::string why_not();

    /// Throws std::system_error.
    network();
    /// Back to where we were, if we may.
    ~network();
    network(const network&) = delete;
    network& operator=(const network&) = delete;

    /// The number of a new one, for machine::settings.
    unsigned new_cable();

private:
    processes::unique_fd before_;
    unsigned cables_ = 0;
};

/// One, where that is possible. Says on the screen what a machine is now: a network
/// namespace, or a process group and why.
std::unique_ptr<network> network_around_us();

/// In a forked child, which becomes the machine: it is in a namespace of its own now, and
/// reaches what listens on 127.x.y.z at the other end of this cable, all of it; its own
/// loopback interface is down. Throws std::system_error.
void plug_in(unsigned cable);

/// At our end, and neither side is told: what is sent is lost. Nothing happens when the
/// machine is gone. Throws std::system_error.
void cut(unsigned cable);
void mend(unsigned cable);

} // namespace ladder::beyond_one_machine
