#include "node_command.hpp"

#include "workbench/last_error.hpp"

#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ladder::beyond_one_machine {

namespace {

constexpr const char* galera = "/usr/lib/galera/libgalera_smm.so";

// [transfer]
/// What a node runs when it comes back: it says how to reach it, and is told from where
/// on it will get what it has missed, or that it would have to get all there is. That
/// would need programs of another package, and no node of ours ever misses so much.
constexpr const char* transfer = R"(#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in
    --role) role=$2 ;;
    --address) address=$2 ;;
    --datadir) folder=$2 ;;
    --gtid) position=$2 ;;
    --bypass) missed_little=yes ;;
    esac
    shift
done
cat <&0 >/dev/null 2>&1 & # MariaDB 11.8 names a user, and fails when nobody listens
if [ "$role" = donor ]; then
    [ "$missed_little" ] || exit 1
    echo "$position" >"$address" && echo "done $position"
else
    rm -f "$folder/position"
    mkfifo "$folder/position"
    echo "ready $folder/position"
    cat "$folder/position"
fi
)";
// [/transfer]

} // namespace

bool there_is_galera() {
    return std::filesystem::exists(galera);
}

std::string private_address(std::size_t number) {
    const unsigned n = static_cast<unsigned>(::getpid()) << 2 | unsigned(number);
    return fmt::format("127.{}.{}.{}", n >> 16 & 0xff, n >> 8 & 0xff, n & 0xff);
}

std::string recovered_position(const std::string& said) {
    constexpr std::string_view mark = "Recovered position: ";
    const auto at = said.find(mark);
    if (at == said.npos) throw std::runtime_error{five_hundred_databases::essence(said)};
    const auto begin = at + mark.size();
    return said.substr(begin, said.find_first_of(" \n", begin) - begin);
}

void freeze(pid_t server) {
    ::kill(server, SIGSTOP);
    siginfo_t how{};
    ::waitid(P_PID, static_cast<id_t>(server), &how, WSTOPPED | WEXITED | WNOWAIT);
}

void write_program(const std::string& file, const std::string& text,
                   const five_hundred_databases::server_user& owner) {
    std::ofstream out{file};
    out << text;
    out.close();
    if (!out || ::chown(file.c_str(), owner.uid, owner.gid) != 0 ||
        ::chmod(file.c_str(), 0700) != 0)
        throw last_error(file);
}

std::string state_transfer() {
    return transfer;
}

std::vector<std::string> small_server() {
    return {"--innodb-buffer-pool-size=64M", "--innodb-log-file-size=48M"};
}

std::vector<std::string> node_command(const node_place& n, const std::string& group) {
    std::vector<std::string> line{five_hundred_databases::find_program("mariadbd"),
                                  "--no-defaults",
                                  "--datadir=" + n.folder,
                                  "--socket=" + n.folder + "/socket",
                                  "--pid-file=" + n.folder + "/pid",
                                  fmt::format("--port={}", n.port),
                                  "--bind-address=" + n.address,
                                  "--max-connections=200",
                                  "--max-allowed-packet=64M",
                                  "--skip-name-resolve"};
    for (std::string& option : small_server())
        line.push_back(std::move(option));
    if (group.empty()) return line;
    // [timeouts]
    const std::string patience = "evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S;"
                                 "evs.inactive_check_period=PT0.5S;"
                                 "evs.keepalive_period=PT0.5S";
    // [/timeouts]
    for (const std::string& option :
         {fmt::format("--wsrep-provider={}", galera),
          fmt::format("--wsrep-cluster-address={}", group),
          fmt::format("--wsrep-node-name={}", n.name),
          fmt::format("--wsrep-node-address={}", n.address),
          fmt::format("--wsrep-provider-options=gmcast.listen_addr=tcp://{}:{};"
                      "ist.recv_addr={}:{};gcache.size=64M;{}",
                      n.address, n.group_port, n.address, n.state_port, patience)})
        line.push_back(option);
    for (const char* option : {"--wsrep-on=ON", "--wsrep-sst-method=ladder",
                               "--binlog-format=ROW", "--innodb-autoinc-lock-mode=2"})
        line.emplace_back(option);
    return line;
}

} // namespace ladder::beyond_one_machine
