// The queue alone, on one MariaDB and on three nodes of Galera, where these are: how fast
// a list is loaded, and how fast two consumers lease, record and acknowledge it, 250
// bytes an outcome. Beside it the figures of RabbitMQ from when this rung was designed,
// on another machine. Then whole fetchers: two machines against one, what leasing costs
// beside a list in a file, and the memory of a machine. `--whole` goes on to 2,000,000
// URLs there, and does nothing else.

#include "cluster.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "list_keeper.hpp"
#include "machines.hpp"
#include "no_database.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"

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

double middle(std::vector<double> all) {
    std::ranges::sort(all);
    return all[all.size() / 2];
}

double load(sql& database, const std::string& job, std::uint64_t urls) {
    const auto start = steady_clock::now();
    loader into{database, job, batch_size};
    for (std::uint64_t n = 1; n <= urls; ++n)
        into.add(n, fmt::format("http://host-{}.example/page/{}", n % 1000, n));
    into.end();
    return rate(urls, start);
}

/// Two consumers, each with a connection of its own.
double consume(const cluster& servers, fibers_on_asio::event_loop& loop,
               const std::string& job, std::uint64_t urls) {
    const auto start = steady_clock::now();
    std::vector<boost::fibers::fiber> consumers;
    for (const char* name : {"a", "b"})
        consumers.emplace_back([&, name] {
            const auto own = connect(servers, loop);
            queue q{*own, {job, name}};
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
    return rate(urls, start);
}

void queue_alone(std::size_t nodes, std::uint64_t urls) {
    if (there_is_no_database(nodes)) return;
    const cluster servers{nodes};
    fibers_on_asio::event_loop loop;
    const auto database = connect(servers, loop);
    std::vector<double> loaded, consumed;
    for (const char* job : {"may", "june", "july"}) {
        loaded.push_back(load(*database, job, urls));
        consumed.push_back(consume(servers, loop, job, urls));
    }
    fmt::print("{:<40} {:>11.0f} {:>11.0f}\n", servers.version(), middle(loaded),
               middle(consumed));
    std::fflush(stdout);
}

class fetchers {
public:
    fetchers() { ::setenv("LADDER_QUEUE_PASSWORD", cluster::password, 1); }

    void list(std::uint64_t urls, const std::string& query) {
        std::ofstream out{servers_.file("list")};
        for (std::uint64_t n = 1; n <= urls; ++n)
            out << pages_.url(fmt::format("/page/{}{}", n % 1000, query)) << '\n';
        urls_ = urls;
    }

    std::string load(std::uint64_t size) {
        const std::string job = fmt::format("job{}", ++jobs_);
        run_to_end(list_command("load", servers_, job,
                                {"-i", servers_.file("list"), "--batch",
                                 std::to_string(size), "--ahead", "1000000"}));
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
        return measured({LADDER_BIN_DIR "/fetcher", "-i", servers_.file("list"), "-p",
                         "1", "-c", "100", "--progress", "never", "--results",
                         servers_.file("results")});
    }

private:
    measurement measured(const std::vector<std::string>& argv) {
        const auto m = measure(argv, {.stdout_to = "/dev/null"});
        if (m.exit_status != 0) throw std::runtime_error{"a fetcher failed"};
        return m;
    }

    const slow_server pages_;
    const cluster servers_;
    std::uint64_t urls_ = 0;
    int jobs_ = 0;
};

void two_machines(fetchers& f) {
    f.list(4'000, "?delay=100");
    const double one = f.together(1, 50, "50"), two = f.together(2, 50, "50");
    fmt::print("\n4,000 pages, each 100 ms late, 50 in flight a machine\n"
               "{:<40} {:>9.2f} s\n{:<40} {:>9.2f} s {:>9.2f} of the time\n",
               "one machine", one, "two machines", two, two / one);
    std::fflush(stdout);
}

/// In turns: what else the computer does is then the same for both.
void leasing(fetchers& f) {
    f.list(20'000, "?delay=10");
    std::vector<double> file, queue, ratio;
    for (int i = 0; i < 5; ++i) {
        file.push_back(seconds(f.from_file().wall));
        queue.push_back(seconds(f.from_queue(batch_size).wall));
        ratio.push_back(queue.back() / file.back());
    }
    fmt::print("\n20,000 pages, each 10 ms late, 100 in flight; medians of 5 pairs\n"
               "{:<40} {:>9.2f} s\n{:<40} {:>9.2f} s {:>+9.1f} %\n",
               "from a file", middle(file),
               fmt::format("leased, {} at a time", batch_size), middle(queue),
               100 * (middle(ratio) - 1));
    std::fflush(stdout);
}

void memory(fetchers& f, std::uint64_t most) {
    fmt::print("\nmemory of a machine, its peak\n");
    for (std::uint64_t urls = 20'000; urls <= most; urls *= 10) {
        f.list(urls, "");
        const auto m = f.from_queue(batch_size);
        fmt::print("{:<40} {:>8.1f} MB {:>8.1f} s\n", fmt::format("{} URLs", urls),
                   double(m.peak_memory) / 1e6, seconds(m.wall));
        std::fflush(stdout);
    }
}

} // namespace

int main(int argc, char** argv) try {
    std::uint64_t urls = 200'000;
    bool whole = false;
    option_parser options{"bench_beyond_one_machine", "Rates of a queue in a database."};
    options.number("--urls", &urls, "for the queue alone", {1'000, 100'000'000});
    options.flag("--whole", &whole, "memory alone, with up to 2,000,000 URLs");
    if (const auto status = options.parse(argc, argv)) return *status;
    if (there_is_no_database()) return no_database;

    if (whole) {
        fetchers f;
        memory(f, 2'000'000);
        return 0;
    }
    fmt::print(
        "{} URLs in batches of {}, URLs/s; medians of 3 jobs\n{:<40} {:>11} {:>11}\n",
        urls, batch_size, "", "load", "the rest");
    queue_alone(1, urls);
    queue_alone(3, urls);
    fmt::print("{:<40} {:>11} {:>11}\n{:<40} {:>11} {:>11}\n",
               "(RabbitMQ 3.10, another machine", 1'250'000, 479'000,
               " the same, quorum of three)", "590-760 k", 277'000);
    fetchers f;
    two_machines(f);
    leasing(f);
    memory(f, 200'000);
} catch (const std::exception& error) {
    fmt::print(stderr, "bench_beyond_one_machine: {}\n", error.what());
    return 1;
}
