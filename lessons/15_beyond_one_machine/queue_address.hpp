#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ladder::beyond_one_machine {

/// Where the queue is, and who we are there.
struct queue_address {
    struct host {
        std::string name;
        std::uint16_t port = 3306;
    };

    enum class encryption {
        off,  ///< Only where nobody can listen: `?tls=off`.
        on,   ///< Nobody reads along; who the server is, nobody has looked.
        safe, ///< And its certificate is one of `certificates`: `?ca=FILE`.
    };

    std::vector<host> hosts; ///< The first one that answers; the next when it breaks.
    std::string database;
    std::string user;
    std::string password; ///< Never of the URL: others see a command line.
    encryption tls = encryption::on;
    std::string certificates; ///< A file.
};

/// Reads mysql://USER@HOST[:PORT],HOST,…/DATABASE[?ca=FILE|?tls=off]. Without either,
/// what leaves this machine is encrypted, and what goes to 127.* or localhost is not.
/// Throws std::invalid_argument, with what is wrong.
queue_address parse_queue_address(const std::string& url);

/// The first line of `file`; without one, of the file that LADDER_QUEUE_PASSWORD_FILE
/// names, or what LADDER_QUEUE_PASSWORD says; otherwise empty. Throws std::system_error.
std::string find_password(const std::string& file);

} // namespace ladder::beyond_one_machine
