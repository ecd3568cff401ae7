// The queue alone, on one MariaDB and on three nodes of Galera, where these are: how fast
// a list is loaded, and how fast two consumers lease, record and acknowledge it, 250
// bytes an outcome. Beside it the figures of RabbitMQ from when this rung was designed,
// on another machine. Then whole fetchers: two machines against one, what leasing costs
// beside a list in a file, and the memory of a machine; `--whole` takes 2,000,000 URLs
// for that.

#include "cluster.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "list_keeper.hpp"
#include "machines.hpp"
#include "no_database.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/temporary.hpp"

#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

using namespace ladder;
using namespace ladder::beyond_one_machine;
using std::chrono::steady_clock;

namespace {

constexpr std::uint64_t batch_size = 500;

double rate(std::uint64_t urls, steady_clock::time_point since) {
    return static_cast<double>(urls) / seconds(steady_clock::now() - since);
}

std::unique_ptr<sql> connect(const cluster& servers, fibers_on_asio::event_loop& loop) {
    auto address = parse_queue_address(servers.url());
    address.password = cluster::password;
    return std::make_unique<sql>(loop.context(), address);
}

void queue_alone(std::size_t nodes, std::uint64_t urls) {
    if (there_is_no_database(nodes)) return;
    const cluster servers{nodes};
    fibers_on_asio::event_loop loop;
    const auto database = connect(servers, loop);
    auto start = steady_clock::now();
    loader into{*database, "june", batch_size};
    for (std::uint64_t n = 1; n <= urls; ++n)
        into.add(n, fmt::format("http://host-{}.example/page/{}", n % 1000, n));
    into.end();
    const double loaded = rate(urls, start);

    start = steady_clock::now();
    std::vector<boost::fibers::fiber> consumers;
    for (const char* name : {"a", "b"})
        consumers.emplace_back([&, name] {
            const auto own = connect(servers, loop);
            queue q{*own, {"june", name}};
            const std::string outcome(250 * batch_size, 'x');
            for (;;) {
                const auto got = q.claim(8);
                if (got.empty()) return;
                for (const batch& b : got)
                    q.acknowledge(b, outcome);
            }
        });
    for (auto& one : consumers)
        one.join();
    fmt::print("{:<36} {:>9.0f} {:>9.0f}\n", servers.version(), loaded,
               rate(urls, start));
    std::fflush(stdout);
}

class fetchers {
public:
    fetchers() { ::setenv("LADDER_QUEUE_PASSWORD", cluster::password, 1); }

    void list(std::uint64_t urls, const std::string& query) {
        std::ofstream out{folder_ / "list"};
        for (std::uint64_t n = 1; n <= urls; ++n)
            out << pages_.url(fmt::format("/page/{}{}", n % 1000, query)) << '\n';
        urls_ = urls;
    }

    std::string load(std::uint64_t size) {
        const std::string job = fmt::format("job{}", ++jobs_);
        run_to_end(list_command("load", servers_, job,
                                {"-i", folder_ / "list", "--batch", std::to_string(size),
                                 "--ahead", "1000000"}));
        return job;
    }

    /// That many machines at one job, from the start of the first to the end of the last.
    double together(int machines, std::uint64_t size, const std::string& in_flight) {
        const std::string job = load(size);
        const auto start = steady_clock::now();
        std::vector<machine> all;
        for (int i = 0; i < machines; ++i)
            all.emplace_back(fetcher_command(servers_, job, fmt::format("m{}", i),
                                             {"-p", "1", "-c", in_flight}));
        for (machine& m : all)
            if (m.wait() != 0) throw std::runtime_error{"a fetcher failed"};
        return seconds(steady_clock::now() - start);
    }

    measurement from_queue(std::uint64_t size) {
        const std::string job = load(size);
        return measured(fetcher_command(servers_, job, "m", {"-p", "1", "-c", "100"}));
    }

    measurement from_file() {
        return measured({LADDER_BIN_DIR "/fetcher", "-i", folder_ / "list", "-p", "1",
                         "-c", "100", "--progress", "never", "--results",
                         folder_ / "results"});
    }

private:
    measurement measured(const std::vector<std::string>& argv) {
        const auto m = measure(argv, {.stdout_to = "/dev/null"});
        if (m.exit_status != 0) throw std::runtime_error{"a fetcher failed"};
        return m;
    }

    const slow_server pages_;
    const cluster servers_;
    temporary_folder folder_;
    std::uint64_t urls_ = 0;
    int jobs_ = 0;
};

double middle(std::vector<double> all) {
    std::ranges::sort(all);
    return all[all.size() / 2];
}

} // namespace

int main(int argc, char** argv) try {
    std::uint64_t urls = 200'000;
    bool whole = false;
    option_parser options{"bench_beyond_one_machine", "Rates of a queue in a database."};
    options.number("--urls", &urls, "for the queue alone", {1'000, 100'000'000});
    options.flag("--whole", &whole, "memory with 2,000,000 URLs, which takes minutes");
    if (const auto status = options.parse(argc, argv)) return *status;
    if (there_is_no_database()) return no_database;

    fmt::print("{} URLs, batches of {}; URLs/s:\n{:<36} {:>9} {:>9}\n", urls, batch_size,
               "", "load", "the rest");
    queue_alone(1, urls);
    queue_alone(3, urls);
    fmt::print("{:<36} {:>9} {:>9}\n{:<36} {:>9} {:>9}\n\n",
               "(RabbitMQ 3.10, another machine", 1'250'000, 479'000,
               " the same, quorum of three)", "590-760 k", 277'000);

    fetchers f;
    f.list(4'000, "?delay=100");
    const double one = f.together(1, 100, "50"), two = f.together(2, 100, "50");
    fmt::print("4,000 pages, each 100 ms late, 50 in flight a machine:\n"
               "  one machine {:.2f} s, two machines {:.2f} s: {:.2f} of the time\n",
               one, two, two / one);

    f.list(20'000, "?delay=10");
    std::vector<double> file, queue;
    for (int i = 0; i < 3; ++i) { // in turns: the machine drifts
        file.push_back(seconds(f.from_file().wall));
        queue.push_back(seconds(f.from_queue(batch_size).wall));
    }
    fmt::print("20,000 pages, each 10 ms late, 100 in flight:\n"
               "  from a file {:.2f} s, leased {:.2f} s: {:+.1f} %\n",
               middle(file), middle(queue), 100 * (middle(queue) / middle(file) - 1));

    const std::uint64_t many = whole ? 2'000'000 : 200'000;
    f.list(20'000, "");
    const double few_memory = double(f.from_queue(batch_size).peak_memory) / 1e6;
    f.list(many, "");
    const double memory = double(f.from_queue(batch_size).peak_memory) / 1e6;
    fmt::print("memory of a machine: {:.1f} MB for 20,000 URLs, {:.1f} MB for {}\n",
               few_memory, memory, many);
} catch (const std::exception& error) {
    fmt::print(stderr, "bench_beyond_one_machine: {}\n", error.what());
    return 1;
}
