#pragma once

#include "processes/child_process.hpp"
#include "processes/unique_fd.hpp"
#include "workbench/temporary.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

/// What it takes to keep a MariaDB of one's own: for the keepers, programs with one
/// thread whose only task is that.
namespace ladder::five_hundred_databases {

/// Where a program of the server is; it is often in /usr/sbin, which not everybody's
/// PATH has. Throws std::runtime_error, with what to do, when there is none.
std::string find_program(const std::string& name);

/// Who the server is to be. It refuses to be root.
struct server_user {
    uid_t uid;
    gid_t gid;
};

/// This user, or for root one that is none. Throws std::runtime_error.
server_user find_server_user();

/// In the temporary directory, the server user's, and gone with this object. Sets TMPDIR
/// to a folder in it: servers with one folder for temporary tables delete each other's.
class data_folder {
public:
    explicit data_folder(const server_user& owner);

    const std::string& path() const { return folder_.path(); }

private:
    ladder::temporary_folder folder_{"ladder-mariadb-"};
};

/// Starts a program as that user; it is killed when the calling thread ends. Its output,
/// and its errors, go to `output`.
processes::child_process start_as(const server_user& who,
                                  const std::vector<std::string>& argv, int output);

/// SIGTERM, SIGINT and SIGHUP as a descriptor (signalfd(2)). They end nobody from now on.
processes::unique_fd ending_signals();

/// Makes the tables of the server itself, with `options` besides. Throws
/// std::runtime_error with the server's own reason.
void install_server(const server_user& who, const std::string& data,
                    const std::vector<std::string>& options);

/// Of all that it said the line with the error; the last one, if none has one.
std::string essence(const std::string& text);

/// One that is free on every address, just now: somebody may be quicker, so a server
/// that says `port_is_taken` is started again with another one.
std::uint16_t free_port();

inline constexpr std::string_view port_is_taken = "Address already in use";

} // namespace ladder::five_hundred_databases
