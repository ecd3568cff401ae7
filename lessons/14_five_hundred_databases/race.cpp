#include "race.hpp"

#include "processes/child_process.hpp"
#include "processes/pipe.hpp"
#include "processes/unique_fd.hpp"
#include "ways.hpp"
#include "workbench/closest.hpp"
#include "workbench/demo.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/temporary.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::five_hundred_databases {

namespace {

constexpr const char* self = LADDER_BIN_DIR "/14_five_hundred_databases";
constexpr const char* io_uring_program = LADDER_BIN_DIR "/ask_io_uring";
constexpr const char* script =
    LADDER_BIN_DIR "/../../lessons/14_five_hundred_databases/five_hundred_databases.py";

/// The first interpreter that has these modules, by its own path: what PATH finds may be
/// a script around it, whose cost is not to be measured. Empty when there is none.
std::string find_python(const std::string& modules) {
    std::vector<std::string> interpreters{"python3", "/usr/bin/python3"};
    if (const char* chosen = std::getenv("LADDER_PYTHON")) interpreters = {chosen};
    const processes::unique_fd nowhere{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    for (const std::string& python : interpreters) {
        const std::array argv{python, std::string{"-c"},
                              "import sys, " + modules +
                                  "; print(sys.executable, end='')"};
        try {
            auto [from, to] = processes::make_pipe();
            auto attempt = processes::child_process::spawn(
                argv, {.output = to.get(), .error = nowhere.get()});
            to.reset();
            std::string path = processes::read_all(from.get());
            if (attempt.wait().success()) return path;
        } catch (const std::system_error&) { // there is no such interpreter
        }
    }
    return {};
}

contestant of_python(const std::string& name, std::string title,
                     const std::string& modules, double claimed = 0) {
    contestant one{
        .name = "python_" + name, .title = std::move(title), .claimed = claimed};
    const std::string python = find_python(modules);
    if (!python.empty())
        one.command = {python, script, name};
    else if (modules == "asyncio")
        one.left_out = "there is no python3 here";
    else
        one.left_out = "not installed: " + modules;
    return one;
}

contestant of_ladder(const std::string& name, std::string title, double claimed = 0) {
    return {.name = name,
            .title = std::move(title),
            .command = {self, "way", name},
            .claimed = claimed};
}

lap run_once(const contestant& one, const database& server, observer& observer) {
    lap result{.contestant = one};
    if (!one.left_out.empty()) return result;
    const temporary_file output;
    std::vector<std::string> command = one.command;
    command.insert(command.end(), {"--port", std::to_string(server.port())});

    observer.reset();
    const auto before = observer.counters();
    result.cost = measure(
        command, {.stdout_to = output.path(), .timeout = std::chrono::minutes{3}});
    result.seen = observer.counters_when_quiet();
    result.opened = result.seen.connections - before.connections;

    boost::system::error_code error;
    const auto value = boost::json::parse(output.content(), error);
    if (result.cost.timed_out) {
        result.failure = "did not end in three minutes";
    } else if (error || !value.is_object()) {
        result.failure = fmt::format("exit status {}", result.cost.exit_status);
    } else if (const auto* failure = value.as_object().if_contains("failure")) {
        result.failure = failure->as_string();
    } else {
        result.seconds = value.at("seconds").to_number<double>();
        result.said.good = value.at("good").to_number<std::size_t>();
        for (const auto& [what, count] : value.at("errors").as_object())
            result.said.errors[what] = count.to_number<std::size_t>();
    }
    return result;
}

std::string no_such_way(const std::string& wanted,
                        const std::vector<std::string_view>& names) {
    const std::string_view like = closest(wanted, names);
    if (!like.empty())
        return fmt::format("there is no way '{}'; did you mean '{}'?", wanted, like);
    const std::set<std::string_view> each{names.begin(), names.end()}; // some are twice
    return fmt::format("there is no way '{}'; there are {}", wanted,
                       fmt::join(each, ", "));
}

} // namespace

std::vector<contestant> contestants(const race_options& options) {
    std::vector<contestant> all{
        of_ladder("serial", "serial", 67.745),
        of_ladder("processes", "processes"),
        of_ladder("process_pool", "process pool"),
        of_ladder("threads", "threads"),
        of_ladder("thread_pool", "thread pool"),
        of_ladder("coroutines", "coroutines, epoll"),
        of_ladder("io_uring", "coroutines, io_uring"),
        of_ladder("fibers", "fibers on Asio"),
        of_ladder("processes_and_fibers",
                  fmt::format("{} processes × fibers", usable_cores()))};
    all[6].command = {io_uring_program, "coroutines"};
    if (::access(io_uring_program, X_OK) != 0)
        all[6].left_out = "built without it; needs liburing-dev";
    if (options.python) {
        all.push_back(of_python("asyncio", "Python asyncio, by hand", "asyncio"));
        all.push_back(
            of_python("aiomysql", "Python asyncio, aiomysql", "aiomysql", 1.068));
        all.push_back(
            of_python("uvloop", "Python uvloop, aiomysql", "aiomysql, uvloop", 0.750));
        all.push_back(of_python("thread_pool", "Python thread pool", "pymysql"));
        all.push_back(of_python("process_pool", "Python process pool", "pymysql"));
    }
    const auto as_claimed = [&](contestant one, std::size_t in_flight) {
        one.title += fmt::format(" of {}", in_flight);
        one.in_flight = in_flight;
        one.equal = false;
        all.push_back(std::move(one));
    };
    as_claimed(of_ladder("process_pool", "process pool", 2.932), claimed_processes);
    as_claimed(of_ladder("thread_pool", "thread pool", 4.813), claimed_threads);
    if (options.python) {
        as_claimed(of_python("process_pool", "Python process pool", "pymysql", 2.932),
                   claimed_processes);
        as_claimed(of_python("thread_pool", "Python thread pool", "pymysql", 4.813),
                   claimed_threads);
    }

    std::vector<std::string_view> names;
    names.reserve(all.size());
    for (const contestant& one : all)
        names.push_back(one.name);
    for (const std::string& wanted : options.ways)
        if (std::ranges::find(names, wanted) == names.end())
            throw std::invalid_argument{no_such_way(wanted, names)};
    if (!options.ways.empty())
        std::erase_if(all, [&](const contestant& one) {
            return std::ranges::find(options.ways, one.name) == options.ways.end();
        });

    for (contestant& one : all) {
        one.hosts = options.hosts;
        if (one.name == "serial") {
            one.times =
                options.hosts % options.serial_share == 0 ? options.serial_share : 1;
            one.hosts /= one.times;
            if (one.times > 1)
                one.title += fmt::format(", {} hosts × {}", one.hosts, one.times);
        }
        if (one.equal) one.in_flight = one.hosts;
        if (one.name == "serial")
            one.in_flight = 1;
        else if (one.equal)
            one.laps = options.laps;
        for (const auto& [option, value] :
             {std::pair{"--hosts", one.hosts}, std::pair{"--in-flight", one.in_flight},
              std::pair{"--processes", usable_cores()}}) {
            one.command.emplace_back(option);
            one.command.push_back(std::to_string(value));
        }
    }
    return all;
}

lap run(const contestant& one, const database& server, observer& observer) {
    std::vector<lap> laps;
    server_counters seen; // in all of them
    std::size_t opened = 0, runs = 0;
    for (std::size_t i = 0; i < one.laps; ++i) {
        laps.push_back(run_once(one, server, observer));
        const lap& last = laps.back();
        opened += last.opened;
        ++runs;
        seen.threads_connected += last.seen.threads_connected;
        seen.aborted_clients += last.seen.aborted_clients;
        seen.aborted_connects += last.seen.aborted_connects;
        if (!last.ran() || last.said.failed() > 0) {
            std::swap(laps.front(), laps.back());
            laps.resize(1);
            break;
        }
    }
    std::ranges::sort(laps, {}, &lap::seconds);
    lap middle = laps[laps.size() / 2];
    seen.max_used_connections = middle.seen.max_used_connections;
    middle.seen = seen;
    middle.opened = opened;
    middle.runs = runs;
    return middle;
}

void warm_up(const database& server) {
    thread_pool({.port = server.port(), .query = "select sleep(0.3)"});
}

} // namespace ladder::five_hundred_databases
