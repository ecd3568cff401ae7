#include "cluster.hpp"

#include "processes/pipe.hpp"
#include "sql.hpp"
#include "workbench/last_error.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace ladder::beyond_one_machine {

using processes::child_process;

namespace {

constexpr const char* keeper_program = LADDER_BIN_DIR "/private_cluster";

/// What an administrator would run, without its comments: the server wants a statement in
/// each line.
std::string first_statements() {
    std::ifstream in{LADDER_GRANTS};
    if (!in) throw last_error(LADDER_GRANTS);
    std::string all;
    for (std::string line; std::getline(in, line);) {
        constexpr std::string_view mark = "'PASSWORD'";
        if (const auto at = line.find(mark); at != line.npos)
            line.replace(at, mark.size(), fmt::format("'{}'", cluster::password));
        if (!line.starts_with("--")) all += line + '\n';
    }
    return all;
}

} // namespace

std::string cluster::why_not(std::size_t nodes) {
    auto output = processes::make_pipe();
    const std::array argv{std::string{keeper_program}, std::string{"--check"},
                          std::to_string(nodes)};
    auto check = child_process::spawn(argv, {.output = output.write.get()});
    output.write.reset();
    std::string said = processes::read_all(output.read.get());
    if (check.wait().success()) return {};
    return said.substr(0, said.find('\n'));
}

cluster::cluster(std::size_t nodes, const std::vector<std::string>& options)
    : nodes_(nodes) {
    const temporary_file sql{first_statements()};
    auto input = processes::make_pipe();
    auto output = processes::make_pipe();
    std::vector<std::string> argv{keeper_program, std::to_string(nodes), sql.path()};
    argv.insert(argv.end(), options.begin(), options.end());
    keeper_ = child_process::spawn(
        argv,
        {.input = input.read.get(), .output = output.write.get(), .own_group = true});
    life_line_ = std::move(input.write);
    answers_ = std::move(output.read);
    output.write.reset();
    try {
        for (node& n : nodes_)
            read_node(n, next_line());
        version_ = next_line();
        folder_ = next_line();
    } catch (...) {
        life_line_.reset();
        throw;
    }
}

cluster::~cluster() {
    life_line_.reset(); // the keeper cleans up, and only then it is waited for
    try {
        if (keeper_) keeper_->wait();
    } catch (const std::exception&) { // somebody else has waited for it
    }
}

std::string cluster::url(const std::string& user) const {
    std::string hosts;
    for (const node& n : nodes_)
        hosts += fmt::format("{}{}:{}", hosts.empty() ? "" : ",", n.address, n.port);
    return fmt::format("mysql://{}@{}/crawl", user, hosts);
}

std::string cluster::version() const {
    return version_;
}

void cluster::kill(std::size_t node) {
    ask(fmt::format("kill {}", node));
}

void cluster::freeze(std::size_t node) {
    ask(fmt::format("freeze {}", node));
}

void cluster::thaw(std::size_t node) {
    ask(fmt::format("thaw {}", node));
}

void cluster::start(std::size_t node) {
    read_node(nodes_[node - 1], ask(fmt::format("start {}", node)));
}

void cluster::wait_for(std::size_t node, sql& others, boost::asio::io_context& io) {
    const auto is_alive = [&] { return ::kill(pid(node), 0) == 0; };
    const auto together = [&] {
        return others
                   .ask("select cast(variable_value as unsigned)"
                        " from information_schema.global_status"
                        " where variable_name = 'wsrep_cluster_size'")
                   .number(0, 0) == nodes_.size();
    };
    while (!together())
        if (!is_alive()) return start(node);

    // It is given what it has missed, and answers nothing until it has it.
    auto alone = parse_queue_address(url());
    alone.password = password;
    alone.hosts = {alone.hosts[node - 1]};
    for (;;) {
        try {
            sql{io, alone}.ask("select 1 from job limit 1");
            return;
        } catch (const sql_error&) {
            if (!is_alive()) return start(node);
        }
    }
}

std::string cluster::ask(const std::string& command) {
    if (processes::write_all(life_line_.get(), command + '\n'))
        throw std::runtime_error{"the keeper of the database is gone"};
    return next_line();
}

std::string cluster::next_line() {
    std::string line;
    for (;;) {
        char next = 0;
        const auto size = ::read(answers_.get(), &next, 1);
        if (size < 0 && errno == EINTR) continue;
        if (size != 1)
            throw std::runtime_error{line.empty() ? "the keeper of the database is gone"
                                                  : line};
        if (next == '\n') return line;
        line += next;
    }
}

void cluster::read_node(node& n, const std::string& line) {
    std::array<char, 40> address{};
    if (std::sscanf(line.c_str(), "ready: %39s %u %d", address.data(), &n.port, &n.pid) !=
        3)
        throw std::runtime_error{line};
    n.address = address.data();
}

} // namespace ladder::beyond_one_machine
