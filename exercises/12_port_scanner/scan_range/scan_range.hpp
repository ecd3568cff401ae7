#pragma once

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

namespace ladder {

enum class answer {
    open,
    closed,
    silent,        ///< No answer within the timeout.
    no_descriptor, ///< There was none left: the port has not been asked.
};

/// Asks a port. The calling fiber may wait in it, and then the other ones run.
using probe = std::function<answer(int port)>;

/// Ports in a row: `first`, and all after it up to, but not including, `last`.
struct port_range {
    int first = 0;
    int last = 0;
};

/// Scans one part of a range and returns the open ports of it, in ascending order.
///
/// The range is cut into `parts` parts, one for each process, and this is number `part`,
/// from 0: no port is in two parts, each is in one, and no part is larger than another by
/// more than one. The ports of the part are asked by `fibers` fibers: each takes the next
/// port when it is done with one. A port for which there was no descriptor is asked again
/// after the others had a turn.
inline std::vector<int> scan_range(port_range all, int part, int parts,
                                   std::size_t fibers, const probe& ask) {
    std::vector<int> open;
    // TODO: only this part, and with a pool of fibers. Now it is all of the range, one
    // port after the other, and who has no descriptor is thought to be closed.
    static_cast<void>(part);
    static_cast<void>(parts);
    static_cast<void>(fibers);
    for (int port = all.first; port < all.last; ++port)
        if (ask(port) == answer::open) open.push_back(port);
    return open;
}

} // namespace ladder
