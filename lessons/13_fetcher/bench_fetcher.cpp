// How fast the fetcher is, beside wrk (which parses nothing and saves nothing) and
// `curl -Z` (which saves). One server on one core, one client on another, in turns.

#include "bench_long.hpp"
#include "bench_server.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace fs = std::filesystem;
using namespace ladder::fetcher::bench;
using ladder::measurement;
using ladder::temporary_folder;

namespace {

constexpr int client_core = 1;
constexpr int connections = 64;

const std::string fetcher = LADDER_BIN_DIR "/fetcher";

std::string read_file(const fs::path& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

struct sample {
    double per_second;
    double cpu_us; ///< Per request.
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

sample median(const std::vector<sample>& samples) {
    std::vector<double> rates;
    std::vector<double> costs;
    for (const sample& s : samples) {
        rates.push_back(s.per_second);
        costs.push_back(s.cpu_us);
    }
    return {median(rates), median(costs)};
}

sample per_request(const measurement& m, double requests) {
    return {requests / (static_cast<double>(m.command.count()) / 1e6),
            static_cast<double>(m.cpu.count()) / requests};
}

measurement run(const std::vector<std::string>& argv, const std::string& stdout_to,
                std::optional<int> core = client_core) {
    const measurement m = ladder::measure(argv, {.stdout_to = stdout_to, .cpu = core});
    if (m.exit_status != 0)
        throw std::runtime_error{fmt::format("{} ended with {}", argv[0], m.exit_status)};
    return m;
}

class bench {
public:
    explicit bench(std::size_t pages) : server_(scratch_), pages_(pages) {
        write_list("list", pages);
        write_list("short_list", few_pages());
        std::ofstream curl{scratch_ / "curl"};
        for (std::size_t i = 0; i < pages; ++i)
            curl << "url=" << server_.url(i) << "\noutput=" << scratch_ / "curl_out/" << i
                 << '\n';
    }

    const server& against() const { return server_; }

    sample fetch() {
        return per_request(
            run({fetcher, "-i", scratch_ / "list", "-p1", "-q",
                 fmt::format("-c{}", connections), "--results", scratch_ / "results"},
                "/dev/null"),
            static_cast<double>(pages_));
    }

    sample fetch_and_save() {
        const std::string folder = scratch_ / "out";
        const auto s = save("list", pages_, folder);
        fs::remove_all(folder);
        return s;
    }

    /// Fewer pages, and removed at the end: that takes a disk longer than to save them.
    sample fetch_and_save_on_disk(const std::vector<std::string>& more = {}) {
        return save("short_list", few_pages(), disk_ / std::to_string(++saved_), more);
    }

    sample wrk(const std::string& wrk) {
        const auto m =
            run({wrk, "-t1", fmt::format("-c{}", connections), "-d3s", server_.url(1)},
                scratch_ / "wrk");
        const std::string text = read_file(scratch_ / "wrk");
        const std::size_t line = text.rfind('\n', text.find(" requests in "));
        const double requests = std::stod(text.substr(line + 1));
        const double rate = std::stod(text.substr(text.find("Requests/sec:") + 13));
        return {rate, static_cast<double>(m.cpu.count()) / requests};
    }

    sample curl(const std::string& curl) {
        fs::create_directory(scratch_ / "curl_out");
        const auto s =
            per_request(run({curl, "--no-progress-meter", "-Z", "--parallel-max",
                             std::to_string(connections), "-K", scratch_ / "curl"},
                            "/dev/null"),
                        static_cast<double>(pages_));
        fs::remove_all(scratch_ / "curl_out");
        return s;
    }

    /// Peak memory of supervisor and two workers, in bytes.
    std::uint64_t memory(std::size_t pages) {
        write_list("long_list", pages);
        return run({fetcher, "-i", scratch_ / "long_list", "-p2", "-q", "--results",
                    scratch_ / "results"},
                   "/dev/null", std::nullopt)
            .peak_memory;
    }

private:
    std::size_t few_pages() const { return std::max<std::size_t>(pages_ / 10, 1); }

    sample save(std::string_view list, std::size_t pages, const std::string& folder,
                const std::vector<std::string>& more = {}) {
        std::vector<std::string> argv{fetcher, "-i",  scratch_ / list,
                                      "-p1",   "-q",  fmt::format("-c{}", connections),
                                      "-o",    folder};
        argv.insert(argv.end(), more.begin(), more.end());
        return per_request(run(argv, "/dev/null"), static_cast<double>(pages));
    }

    void write_list(std::string_view name, std::size_t pages) {
        std::ofstream list{scratch_ / name};
        for (std::size_t i = 0; i < pages; ++i)
            list << server_.url(i) << '\n';
    }

    scratch_folder scratch_;
    temporary_folder disk_{"bench_fetcher-"};
    server server_;
    std::size_t pages_;
    int saved_ = 0; ///< Folders on the disk.
};

void print(std::string_view name, const std::optional<sample>& s) {
    if (s)
        fmt::print("{:<26} {:>9.0f} {:>12.1f}\n", name, s->per_second, s->cpu_us);
    else
        fmt::print("{:<26} {:>9} {:>12}\n", name, "-", "not installed");
}

} // namespace

int main(int argc, char** argv) try {
    std::size_t pages = 60'000;
    int rounds = 5;
    bool lengthy = false;
    ladder::option_parser options{
        "bench_fetcher", "The fetcher beside wrk and curl -Z, on one core each."};
    options.number("--pages", &pages,
                   "in the list, the same for all; a tenth of them on the disk", {1});
    options.flag("--long", &lengthy,
                 "2,000,000 pages, with two kills on the way, in place of all else");
    options.number("--rounds", &rounds, "medians of so many", {1});
    if (const auto status = options.parse(argc, argv)) return *status;
    if (std::thread::hardware_concurrency() < 2)
        fmt::print("One core only: server and client share it.\n");

    if (lengthy) {
        const scratch_folder scratch;
        long_run(fetcher, server{scratch, 4}, 2'000'000);
        return 0;
    }
    bench b{pages};
    const auto wrk = program("wrk");
    const auto curl = program("curl");
    std::vector<sample> fetched;
    std::vector<sample> saved;
    std::vector<sample> on_disk;
    std::vector<sample> durable;
    std::vector<sample> by_wrk;
    std::vector<sample> by_curl;
    for (int round = 0; round < rounds; ++round) { // in turns: the machine drifts
        fetched.push_back(b.fetch());
        if (wrk) by_wrk.push_back(b.wrk(*wrk));
        saved.push_back(b.fetch_and_save());
        on_disk.push_back(b.fetch_and_save_on_disk());
        durable.push_back(b.fetch_and_save_on_disk({"--durable"}));
        if (curl) by_curl.push_back(b.curl(*curl));
    }
    const sample f = median(fetched);
    const sample s = median(saved);
    std::optional<sample> w;
    std::optional<sample> c;
    if (wrk) w = median(by_wrk);
    if (curl) c = median(by_curl);

    fmt::print("against {}, {} connections, medians of {}\n\n{:<26} {:>9} {:>12}\n",
               b.against().name(), connections, rounds, "", "requests/s",
               "us of CPU each");
    print("fetcher, not saving", f);
    print("wrk", w);
    print("fetcher, saving", s);
    print("fetcher, saving on disk", median(on_disk));
    print("the same, --durable", median(durable));
    print("curl -Z, saving", c);
    fmt::print("\n");
    if (w) fmt::print("not saving: {:.2f} x wrk\n", f.per_second / w->per_second);
    if (c) fmt::print("saving:     {:.2f} x curl -Z\n", s.per_second / c->per_second);
    fmt::print("--durable:  {:.2f} x saving on disk\n",
               median(durable).per_second / median(on_disk).per_second);
    const double few = static_cast<double>(b.memory(20'000)) / 1e6;
    const double many = static_cast<double>(b.memory(200'000)) / 1e6;
    fmt::print(
        "memory of two processes and their supervisor: {:.1f} MB for 20,000 pages, "
        "{:.1f} MB for 200,000\n",
        few, many);
} catch (const std::exception& error) {
    fmt::print(stderr, "bench_fetcher: {}\n", error.what());
    return 1;
}
