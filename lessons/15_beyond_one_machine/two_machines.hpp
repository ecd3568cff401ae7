#pragma once

#include "cluster.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "list_keeper.hpp"
#include "no_database.hpp"
#include "sql.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>

/// Where the wrong programs of this rung begin: a private database with a list of three
/// batches, and two machines with a connection each. They act in the order in which their
/// lines stand, so what goes wrong goes wrong every time.
namespace ladder::beyond_one_machine {

struct two_machines {
    two_machines() : a(loop.context(), address()), b(loop.context(), address()) {
        loader list{a, "june", 10};
        for (std::uint64_t n = 1; n <= 30; ++n)
            list.add(n, fmt::format("http://host/{}", n));
        list.end();
    }

    queue_address address() const {
        auto result = parse_queue_address(servers.url());
        result.password = cluster::password;
        return result;
    }

    cluster servers;
    fibers_on_asio::event_loop loop;
    sql a, b;
};

} // namespace ladder::beyond_one_machine
