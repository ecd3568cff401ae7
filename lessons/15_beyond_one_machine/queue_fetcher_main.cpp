// queue_fetcher: the fetcher of rung 13, with a list that many machines share. It is what
// `fetcher --queue URL --job NAME` becomes.

#include "fetcher/command_line.hpp"
#include "fetcher/job.hpp"
#include "fetcher/kill_order.hpp"
#include "fetcher/session.hpp"
#include "fetcher/worker.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "leased_list.hpp"
#include "queue_options.hpp"
#include "workbench/option_parser.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

using namespace ladder;
using namespace ladder::beyond_one_machine;
namespace fs = std::filesystem;

namespace {

/// Where this machine saves its pages: one fetcher at a time. Parts that a fetcher left
/// when it was killed are nobody's.
fetcher::job_lock open_pages(const fs::path& folder) try {
    fs::create_directories(folder);
    if (fs::exists(folder / "job.json"))
        throw fetcher::job_error{fmt::format(
            "{} has a job of its own; take another folder for the pages of a queue",
            folder.string())};
    fetcher::job_lock lock{folder / "lock"};
    for (const auto& entry : fs::directory_iterator{folder})
        if (entry.path().filename().string().starts_with(".parts-"))
            fs::remove_all(entry.path());
    return lock;
} catch (const fs::filesystem_error& error) { // whose text is for programmers
    throw std::system_error{error.code(), error.path1()};
}

int fetch(int argc, char** argv) {
    queue_options queue;
    int status = 0;
    const auto options =
        fetcher::parse_command_line(argc, argv, status, [&](option_parser& parser) {
            queue.add_to(parser);
            queue.add_machine_to(parser);
        });
    if (!options) return status;
    if (const std::string wrong = queue.complaint(); !wrong.empty()) {
        fmt::print(stderr, "fetcher: {}\n", wrong);
        return 2;
    }
    const queue_address address = queue.address();
    std::optional<fetcher::job_lock> lock;
    if (!options->folder.empty()) lock.emplace(open_pages(options->folder));

    return fetcher::run_session(*options, [&](fibers_on_asio::event_loop& loop) {
        return std::make_unique<leased_list>(loop.context(), address,
                                             patiently("fetcher"), queue.about,
                                             options->processes * options->concurrency);
    });
}

} // namespace

int main(int argc, char** argv) try {
    fetcher::obey_kill_order(queue_points());
    if (argc == 2 && argv[1] == std::string_view{fetcher::worker_argument})
        return fetcher::run_worker();
    return fetch(argc, argv);
} catch (const fetcher::job_error& error) {
    fmt::print(stderr, "fetcher: {}\n", error.what());
    return 2;
} catch (const std::invalid_argument& error) {
    fmt::print(stderr, "fetcher: {}\n", error.what());
    return 2;
} catch (const std::exception& error) {
    fmt::print(stderr, "fetcher: {}\n", error.what());
    return 1;
}
