#pragma once

#include "five_hundred_databases/mariadb_server.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// How the program of the database becomes a node.
namespace ladder::beyond_one_machine {

struct node_place {
    std::string name;    ///< "1", "2", "3".
    std::string address; ///< Of the loopback network, and nobody else's.
    std::string folder;
    std::uint16_t port = 0, group_port = 0, state_port = 0;
};

bool there_is_galera();

/// An address of this machine that nobody else uses, for the node with that number: all
/// of 127.0.0.0/8 is this machine (RFC 1122, 3.2.1.3). Connections begin at 127.0.0.1, so
/// none of them takes our port while a server is dead.
std::string private_address(std::size_t number);

/// Options of a server that needs little memory and disk.
std::vector<std::string> small_server();

/// `group` is where all nodes of the cluster are; empty: it is alone.
std::vector<std::string> node_command(const node_place& n, const std::string& group);

/// Out of what a node says after --wsrep-recover. Throws std::runtime_error.
std::string recovered_position(const std::string& said);

/// SIGSTOP to a child; returns when all of it has stopped.
void freeze(pid_t server);

/// The program that nodes call wsrep_sst_ladder.
std::string state_transfer();

/// Throws std::system_error.
void write_program(const std::string& file, const std::string& text,
                   const five_hundred_databases::server_user& owner);

} // namespace ladder::beyond_one_machine
