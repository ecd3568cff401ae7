#include "cluster.hpp"

#include "processes/pipe.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <utility>

#include <unistd.h>

namespace ladder::beyond_one_machine {

using processes::child_process;

namespace {

constexpr const char* keeper_program = LADDER_BIN_DIR "/private_cluster";

std::string first_statements() {
    return fmt::format("create database crawl;\n"
                       "create user ladder@'127.%' identified by '{}';\n"
                       "grant all on crawl.* to ladder@'127.%';\n",
                       cluster::password);
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

cluster::cluster(std::size_t nodes) : nodes_(nodes) {
    const temporary_file sql{first_statements()};
    auto input = processes::make_pipe();
    auto output = processes::make_pipe();
    const std::array argv{std::string{keeper_program}, std::to_string(nodes), sql.path()};
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

std::string cluster::url() const {
    std::string hosts;
    for (const node& n : nodes_)
        hosts += fmt::format("{}{}:{}", hosts.empty() ? "" : ",", n.address, n.port);
    return "mysql://ladder@" + hosts + "/crawl";
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

std::string cluster::ask(const std::string& command) {
    const std::string line = command + '\n';
    if (::write(life_line_.get(), line.data(), line.size()) !=
        static_cast<ssize_t>(line.size()))
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
