#include "machines.hpp"

#include "processes/pipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::beyond_one_machine {

using processes::child_process;

namespace {

/// In a child: the program, which knows the password.
int become(const std::vector<std::string>& argv, int output) {
    ::setenv("LADDER_QUEUE_PASSWORD", cluster::password, 1);
    processes::exec(argv, output);
}

} // namespace

machine::machine(const std::vector<std::string>& argv, const settings& s)
    : process_(child_process::fork(
          [&] {
              ::setpgid(0, 0);
              for (const auto& [name, value] : s.environment)
                  ::setenv(name.c_str(), value.c_str(), 1);
              if (s.cable != 0) plug_in(s.cable);
              const std::string to = s.output.empty() ? "/dev/null" : s.output;
              return become(argv,
                            ::open(to.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666));
          },
          {.die_with_parent = true})),
      cable_(s.cable) {
    ::setpgid(process_.pid(), process_.pid()); // whoever is first
}

machine::machine(const std::vector<std::string>& argv) : machine(argv, settings{}) {}

machine::~machine() {
    if (process_.pid() > 0) signal(SIGKILL);
}

machine& machine::operator=(machine&& other) noexcept {
    if (process_.pid() > 0) signal(SIGKILL); // and what it left behind
    process_ = std::move(other.process_);
    cable_ = other.cable_;
    return *this;
}

void machine::signal(int number) {
    process_.kill_group(number);
}

bool machine::ended() {
    return process_.try_wait().has_value();
}

int machine::wait() {
    const auto status = process_.wait();
    return status.signalled() ? 128 + status.signal() : status.code();
}

std::vector<std::string> fetcher_command(const cluster& at, const std::string& job,
                                         const std::string& name,
                                         const std::vector<std::string>& more) {
    std::vector<std::string> argv{LADDER_BIN_DIR "/fetcher",
                                  "--queue",
                                  at.url("crawl_machine"),
                                  "--job",
                                  job,
                                  "--machine",
                                  name,
                                  "--progress",
                                  "never"};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
}

std::vector<std::string> list_command(const std::string& what, const cluster& at,
                                      const std::string& job,
                                      const std::vector<std::string>& more) {
    std::vector<std::string> argv{
        LADDER_BIN_DIR "/fetch_list", what, "--queue", at.url(), "--job", job};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
}

std::string run_to_end(const std::vector<std::string>& argv) {
    auto [from, to] = processes::make_pipe();
    auto child = child_process::fork(
        [&argv, out = to.get()] { return become(argv, out); }, {.die_with_parent = true});
    to.reset();
    std::string said = processes::read_all(from.get());
    if (const auto status = child.wait(); !status.success())
        throw std::runtime_error{fmt::format("{}: {}\n{}", fmt::join(argv, " "),
                                             processes::describe(status), said)};
    return said;
}

} // namespace ladder::beyond_one_machine
