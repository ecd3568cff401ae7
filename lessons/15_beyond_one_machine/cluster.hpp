#pragma once

#include "processes/child_process.hpp"
#include "processes/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace boost::asio {
class io_context;
}

namespace ladder::beyond_one_machine {

class sql;

/// A MariaDB of our own, or three nodes of Galera, for as long as this object lives, with
/// what examples/grants.sql makes: an empty database `crawl`, the user `crawl_list`, and
/// `crawl_machine`, who may do less. The program private_cluster keeps the servers; when
/// this object or this process ends, however that happens, they are killed and their
/// folders removed.
///
/// Use it from the process and the thread that made it. What fails throws
/// `std::runtime_error` with the reason in one line. Nodes have numbers from 1.
class cluster {
public:
    static constexpr const char* password = "a secret of nobody";

    /// Why there can be none here; empty: there can.
    static std::string why_not(std::size_t nodes);

    /// 1 node, or 3; returns when they are ready. `options` are the server's own.
    explicit cluster(std::size_t nodes = 1, const std::vector<std::string>& options = {});
    ~cluster();
    cluster(const cluster&) = delete;
    cluster& operator=(const cluster&) = delete;

    /// `mysql://USER@host:port,…/crawl`
    std::string url(const std::string& user = "crawl_list") const;
    std::string version() const; ///< E.g. "MariaDB 10.11.19, a cluster of Galera".

    /// In the folder of the servers, which goes when they do, however we end.
    std::string file(const std::string& name) const { return folder_ + '/' + name; }

    pid_t pid(std::size_t node) const { return nodes_[node - 1].pid; }

    void kill(std::size_t node);   ///< SIGKILL. Returns when it is gone.
    void start(std::size_t node);  ///< Again. Returns when it is ready.
    void freeze(std::size_t node); ///< SIGSTOP: as if its network were gone.
    void thaw(std::size_t node);

    /// Returns when a node of Galera that the others have lost is one of them again: it
    /// comes back by itself, or it dies of what it has missed, and is started. `others`
    /// is asked, and goes to another one than it. In a fiber.
    void wait_for(std::size_t node, sql& others, boost::asio::io_context& io);

private:
    struct node {
        std::string address;
        unsigned port = 0;
        pid_t pid = -1;
    };

    std::string ask(const std::string& command);
    std::string next_line();
    void read_node(node& n, const std::string& line);

    processes::unique_fd life_line_, answers_;
    std::optional<processes::child_process> keeper_;
    std::vector<node> nodes_;
    std::string version_, folder_;
};

} // namespace ladder::beyond_one_machine
