#pragma once

#include "beyond_one_machine/cluster.hpp"
#include "beyond_one_machine/list_keeper.hpp"
#include "beyond_one_machine/queue.hpp"
#include "fibers_on_asio/event_loop.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>

namespace ladder::beyond_one_machine {

inline void skip_without_database(std::size_t nodes = 1) {
    if (const std::string why = cluster::why_not(nodes); !why.empty()) SKIP(why);
}

/// Connections to a private MariaDB, in the test's own fiber.
struct private_database {
    explicit private_database(std::size_t nodes = 1) : servers(nodes) {}

    std::unique_ptr<sql> connect(sql::settings s = {}) {
        auto address = parse_queue_address(servers.url());
        address.password = cluster::password;
        return std::make_unique<sql>(loop.context(), address, s);
    }

    cluster servers;
    fibers_on_asio::event_loop loop;
};

/// A job of this many URLs, http://host/1 and so on, in batches of that size.
inline void load(sql& database, const std::string& job, std::uint64_t urls,
                 std::uint64_t size) {
    loader into{database, job, size};
    for (std::uint64_t n = 1; n <= urls; ++n)
        into.add(n, "http://host/" + std::to_string(n));
    into.end();
}

/// What a machine would say of a batch: a line for each of its URLs.
inline std::string outcome_of(const batch& b) {
    std::string lines;
    for (std::uint64_t n = b.first; n < b.first + b.n; ++n)
        lines += "{\"n\":" + std::to_string(n) + ",\"url\":\"x\",\"status\":200}\n";
    return lines;
}

} // namespace ladder::beyond_one_machine
