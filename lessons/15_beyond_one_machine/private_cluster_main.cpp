// private_cluster: keeps one MariaDB, or three that are one Galera cluster, and leaves
// nothing behind. Its owner is whoever holds the other end of its standard input, and
// writes commands there, one a line; each is answered by one line:
//
//     kill N, freeze N, thaw N    of node N, from 1: SIGKILL, SIGSTOP, SIGCONT
//     start N                     again, with the data that it has
//
// At the end of the input, or when a signal says so, the servers are killed and their
// folders removed. `private_cluster NODES FILE [OPTION...]`: the first node begins with
// what is in FILE, a statement a line. `--check NODES`: is that possible?

#include "five_hundred_databases/mariadb_server.hpp"
#include "node_command.hpp"
#include "processes/pipe.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace ladder::beyond_one_machine;
using namespace ladder::five_hundred_databases;
using ladder::processes::child_process;
using ladder::processes::unique_fd;
namespace fs = std::filesystem;

namespace {

struct node : node_place {
    std::optional<child_process> server;
    unique_fd log;
    std::string said; ///< Until it was ready.
};

class owner_is_gone {};

/// What a descriptor has to say just now; false at its end.
bool read_some(int from, std::string& text) {
    std::array<char, 4096> room{};
    const ssize_t size = ::read(from, room.data(), room.size());
    if (size > 0) text.append(room.data(), static_cast<std::size_t>(size));
    return size > 0 || (size < 0 && errno == EINTR);
}

class keeper {
public:
    keeper(std::size_t size, const std::string& sql, std::vector<std::string> options,
           int signals)
        : options_(std::move(options)),
          who_(find_server_user()),
          data_(who_),
          signals_(signals) {
        install_server(who_, make_folder("1"), small_server());
        fs::copy_file(sql, data_.path() + "/init.sql");
        fs::permissions(data_.path() + "/init.sql", fs::perms{0644});
        for (std::size_t i = 0; i < size; ++i) {
            node& n = nodes_.emplace_back();
            n.name = std::to_string(i + 1);
            n.address = private_address(i);
            n.folder = data_.path() + '/' + n.name;
            n.group_port = free_port();
            n.state_port = free_port();
            n.port = free_port();
        }
        if (size == 1) return;
        write_program(data_.path() + "/wsrep_sst_ladder", state_transfer(), who_);
        const char* path = std::getenv("PATH");
        ::setenv("PATH", (data_.path() + ':' + (path ? path : "/usr/bin:/bin")).c_str(),
                 1);
    }

    void run() {
        if (nodes_.size() == 1)
            start(nodes_.front(), {init_file()});
        else
            start_cluster();
        for (const node& n : nodes_)
            fmt::print("ready: {} {} {}\n", n.address, n.port, n.server->pid());
        fmt::print("MariaDB {}{}\n", version_,
                   nodes_.size() > 1 ? ", a cluster of Galera" : "");
        fmt::print("{}\n", data_.path());
        std::fflush(stdout);
        for (;;)
            obey(next_command());
    }

private:
    std::string make_folder(const std::string& name) {
        std::string folder = data_.path() + '/' + name;
        fs::create_directory(folder);
        if (::chown(folder.c_str(), who_.uid, who_.gid) != 0)
            throw std::system_error{errno, std::generic_category(), folder};
        return folder;
    }

    std::string init_file() const { return "--init-file=" + data_.path() + "/init.sql"; }

    void start_cluster() {
        clone();
        for (node& n : nodes_)
            start(n, {&n == &nodes_.front() ? "--wsrep-new-cluster" : "--wsrep-on=ON"});
    }

    /// Three copies of one state, which say so: then no node has to get all there is from
    /// another one.
    void clone() {
        node& first = nodes_.front();
        start(first, {"--wsrep-new-cluster", init_file()});
        first.server->kill(SIGTERM);
        while (first.log)
            wait(nullptr);
        first.server.reset();
        for (node& n : nodes_) {
            if (&n == &first) continue;
            make_folder(n.name);
            const auto copied =
                start_as(who_, {"/bin/cp", "-a", first.folder + "/.", n.folder},
                         STDERR_FILENO)
                    .wait();
            if (!copied.success()) throw std::runtime_error{"cp fails"};
        }
    }

    /// Where the nodes of a cluster find each other; empty: there is one, alone.
    std::string group() const {
        std::string result;
        for (const node& each : nodes_)
            result += fmt::format("{}{}:{}", result.empty() ? "gcomm://" : ",",
                                  each.address, each.group_port);
        return nodes_.size() == 1 ? "" : result;
    }

    /// Returns when it is ready. Somebody may have been quicker with its port: again.
    void start(node& n, const std::vector<std::string>& more) {
        std::vector<std::string> line = node_command(n, group());
        line.insert(line.end(), options_.begin(), options_.end());
        line.insert(line.end(), more.begin(), more.end());
        for (int tries = 0; tries < 20; ++tries) {
            auto log = ladder::processes::make_pipe();
            n.server = start_as(who_, line, log.write.get());
            log.write.reset(); // or it would never end
            n.log = std::move(log.read);
            n.said.clear();
            if (until_ready(n)) break;
            n.server.reset(); // killed, too: some end only their tries
            if (n.said.find(port_is_taken) == n.said.npos)
                throw std::runtime_error{"mariadbd ended: " + essence(n.said)};
            if (tries == 19) throw std::runtime_error{"mariadbd finds no free port"};
            std::this_thread::sleep_for(std::chrono::milliseconds{200});
        }
        version_ = n.said.substr(n.said.find("Version: '") + 10);
        version_ = version_.substr(0, version_.find_first_of("-'"));
    }

    bool until_ready(node& n) {
        const bool alone = nodes_.size() == 1;
        while (n.said.find("Version: '") == n.said.npos ||
               (!alone && n.said.find("Synchronized with group") == n.said.npos))
            if (!wait(&n) || n.said.find("[ERROR] Aborting") != n.said.npos) return false;
        return true;
    }

    /// Until somebody says something. False at the end of the node of which it is asked.
    /// What others say nobody reads.
    bool wait(node* wanted) {
        std::vector<pollfd> all{{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}};
        for (const node& n : nodes_)
            all.push_back({n.log.get(), POLLIN, 0}); // -1: it is dead
        if (::poll(all.data(), all.size(), -1) < 0) return true;
        if (all[1].revents != 0) throw owner_is_gone{};
        if (all[0].revents != 0 && !read_some(STDIN_FILENO, input_))
            throw owner_is_gone{};
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            node& n = nodes_[i];
            if (all[i + 2].revents == 0) continue;
            const bool more = read_some(n.log.get(), n.said);
            if (&n != wanted) n.said.clear();
            if (more) continue;
            n.log.reset();
            if (&n == wanted) return false;
            if (n.server) n.server->wait();
        }
        return true;
    }

    std::string next_command() {
        while (input_.find('\n') == input_.npos)
            wait(nullptr);
        const auto end = input_.find('\n');
        std::string line = input_.substr(0, end);
        input_.erase(0, end + 1);
        return line;
    }

    void obey(const std::string& line) {
        const auto blank = line.find(' ');
        const std::string what = line.substr(0, blank);
        std::size_t number = 0;
        if (blank != line.npos)
            std::from_chars(line.data() + blank + 1, line.data() + line.size(), number);
        if (number < 1 || number > nodes_.size()) throw std::runtime_error{line + "?"};
        node& n = nodes_[number - 1];
        if (what == "start") return start_again(n);
        const int signal = what == "kill"     ? SIGKILL
                           : what == "freeze" ? SIGSTOP
                                              : SIGCONT;
        if (n.server)
            signal == SIGSTOP ? freeze(n.server->pid()) : n.server->kill(signal);
        if (n.server && signal == SIGKILL) {
            n.server->wait();
            n.server.reset();
            n.log.reset();
        }
        fmt::print("{}\n", line);
        std::fflush(stdout);
    }

    /// A node of a cluster that was killed does not know how far it was; its tables do.
    void start_again(node& n) {
        std::vector<std::string> more;
        if (nodes_.size() > 1) {
            auto [from, to] = ladder::processes::make_pipe();
            std::vector<std::string> recover = node_command(n, group());
            recover.emplace_back("--wsrep-recover");
            auto recovery = start_as(who_, recover, to.get());
            to.reset();
            const std::string said = ladder::processes::read_all(from.get());
            recovery.wait();
            more.push_back("--wsrep-start-position=" + recovered_position(said));
        }
        start(n, more);
        fmt::print("ready: {} {} {}\n", n.address, n.port, n.server->pid());
        std::fflush(stdout);
    }

    std::vector<std::string> options_;
    server_user who_;
    data_folder data_;
    int signals_;
    std::string input_, version_;
    std::vector<node> nodes_; // killed before their folder goes
};

} // namespace

int main(int argc, char** argv) try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const bool check = argc == 3 && arguments[0] == "--check";
    const std::string& nodes = argc >= 3 ? arguments[check ? 1 : 0] : "";
    if (nodes != "1" && nodes != "3") {
        fmt::print(stderr,
                   "usage: private_cluster 1|3 FILE [OPTION...], or --check 1|3\n");
        return 2;
    }
    find_program("mariadbd");
    find_program("mariadb-install-db");
    find_server_user();
    if (nodes == "3" && !there_is_galera())
        throw std::runtime_error{
            "there is no Galera here; ./learn install database brings it"};
    if (check) return 0;

    const unique_fd signals = ending_signals();
    keeper{nodes == "3" ? 3U : 1U,
           arguments[1],
           {arguments.begin() + 2, arguments.end()},
           signals.get()}
        .run();
} catch (const owner_is_gone&) {
    return 0;
} catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    return 1;
}
