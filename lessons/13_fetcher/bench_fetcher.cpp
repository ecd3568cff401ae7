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
        write_list("list", pages, false);
        write_list("short_list", few_pages(), false);
        write_curl_list("curl", false);
        if (!server_.is_secure()) return;
        write_list("secure_list", pages, true);
        write_curl_list("secure_curl", true);
    }

    const server& against() const { return server_; }

    sample fetch(bool secure = false) {
        return fetch_with("list", pages_, {"--results", scratch_ / "results"}, secure);
    }

    sample fetch_and_save(bool secure = false,
                          const std::vector<std::string>& more = {}) {
        const std::string folder = scratch_ / "out";
        std::vector<std::string> options{"-o", folder};
        options.insert(options.end(), more.begin(), more.end());
        const auto s = fetch_with("list", pages_, options, secure);
        fs::remove_all(folder);
        return s;
    }

    /// Fewer pages, and removed at the end: that takes a disk longer than to save them.
    sample fetch_and_save_on_disk(const std::vector<std::string>& more = {}) {
        std::vector<std::string> options{"-o", disk_ / std::to_string(++saved_)};
        options.insert(options.end(), more.begin(), more.end());
        return fetch_with("short_list", few_pages(), options, false);
    }

    sample wrk(const std::string& wrk, bool secure = false) {
        const auto m = run({wrk, "-t1", fmt::format("-c{}", connections), "-d3s",
                            secure ? server_.secure_url(1) : server_.url(1)},
                           scratch_ / "wrk");
        const std::string text = read_file(scratch_ / "wrk");
        const std::size_t line = text.rfind('\n', text.find(" requests in "));
        const double requests = std::stod(text.substr(line + 1));
        const double rate = std::stod(text.substr(text.find("Requests/sec:") + 13));
        return {rate, static_cast<double>(m.cpu.count()) / requests};
    }

    sample curl(const std::string& curl, bool secure = false) {
        fs::create_directory(scratch_ / "curl_out");
        std::vector<std::string> argv{curl, "--no-progress-meter", "-Z", "--parallel-max",
                                      std::to_string(connections)};
        if (secure)
            argv.insert(argv.end(), {"--cacert", server_.certificate(), "-K",
                                     scratch_ / "secure_curl"});
        else
            argv.insert(argv.end(), {"-K", scratch_ / "curl"});
        const auto s = per_request(run(argv, "/dev/null"), static_cast<double>(pages_));
        fs::remove_all(scratch_ / "curl_out");
        return s;
    }

    /// Peak memory of supervisor and two workers, in bytes.
    std::uint64_t memory(std::size_t pages) {
        write_list("long_list", pages, false);
        return run({fetcher, "-i", scratch_ / "long_list", "-p2", "-q", "--results",
                    scratch_ / "results"},
                   "/dev/null", std::nullopt)
            .peak_memory;
    }

private:
    std::size_t few_pages() const { return std::max<std::size_t>(pages_ / 10, 1); }

    sample fetch_with(std::string_view list, std::size_t pages,
                      const std::vector<std::string>& options, bool secure) {
        std::vector<std::string> argv{fetcher, "-p1", "-q",
                                      fmt::format("-c{}", connections), "-i"};
        if (secure)
            argv.insert(argv.end(),
                        {scratch_ / "secure_list", "--cacert", server_.certificate()});
        else
            argv.push_back(scratch_ / list);
        argv.insert(argv.end(), options.begin(), options.end());
        return per_request(run(argv, "/dev/null"), static_cast<double>(pages));
    }

    std::string url(std::size_t page, bool secure) const {
        return secure ? server_.secure_url(page) : server_.url(page);
    }

    void write_list(std::string_view name, std::size_t pages, bool secure) {
        std::ofstream list{scratch_ / name};
        for (std::size_t i = 0; i < pages; ++i)
            list << url(i, secure) << '\n';
    }

    void write_curl_list(std::string_view name, bool secure) {
        std::ofstream list{scratch_ / name};
        for (std::size_t i = 0; i < pages_; ++i)
            list << "url=" << url(i, secure) << "\noutput=" << scratch_ / "curl_out/" << i
                 << '\n';
    }

    scratch_folder scratch_;
    temporary_folder disk_{"bench_fetcher-"};
    server server_;
    std::size_t pages_;
    int saved_ = 0; ///< Folders on the disk.
};

/// The rounds of one contestant, and the medians of its ratios to another one: each round
/// is a pair of its own, because the machine drifts.
double ratio(const std::vector<sample>& ours, const std::vector<sample>& theirs) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < ours.size(); ++i)
        ratios.push_back(ours[i].per_second / theirs[i].per_second);
    return median(ratios);
}

void print(std::string_view name, const std::vector<sample>& rounds) {
    if (rounds.empty())
        fmt::print("{:<26} {:>9} {:>12}\n", name, "-", "not installed");
    else
        fmt::print("{:<26} {:>9.0f} {:>12.1f}\n", name, median(rounds).per_second,
                   median(rounds).cpu_us);
}

void print_ratio(std::string_view what, const std::vector<sample>& ours,
                 const std::vector<sample>& theirs, std::string_view whose) {
    if (!ours.empty() && !theirs.empty())
        fmt::print("{:<18} {:.2f} x {}\n", what, ratio(ours, theirs), whose);
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
    const bool secure = b.against().is_secure();
    std::vector<sample> fetched, saved, archived, on_disk, durable, by_wrk, by_curl;
    std::vector<sample> fetched_secure, saved_secure, by_wrk_secure, by_curl_secure;
    for (int round = 0; round < rounds; ++round) { // in turns: the machine drifts
        fetched.push_back(b.fetch());
        if (wrk) by_wrk.push_back(b.wrk(*wrk));
        saved.push_back(b.fetch_and_save());
        if (curl) by_curl.push_back(b.curl(*curl));
        archived.push_back(b.fetch_and_save(false, {"--warc", "pages"}));
        on_disk.push_back(b.fetch_and_save_on_disk());
        durable.push_back(b.fetch_and_save_on_disk({"--durable"}));
        if (!secure) continue;
        fetched_secure.push_back(b.fetch(true));
        if (wrk) by_wrk_secure.push_back(b.wrk(*wrk, true));
        saved_secure.push_back(b.fetch_and_save(true));
        if (curl) by_curl_secure.push_back(b.curl(*curl, true));
    }

    fmt::print("against {}, {} connections, medians of {}\n\n{:<26} {:>9} {:>12}\n",
               b.against().name(), connections, rounds, "", "requests/s",
               "us of CPU each");
    print("fetcher, not saving", fetched);
    print("wrk", by_wrk);
    print("fetcher, saving", saved);
    print("fetcher, --warc", archived);
    print("curl -Z, saving", by_curl);
    print("fetcher, saving on disk", on_disk);
    print("the same, --durable", durable);
    print("https: not saving", fetched_secure);
    print("https: wrk", by_wrk_secure);
    print("https: fetcher, saving", saved_secure);
    print("https: curl -Z, saving", by_curl_secure);
    fmt::print("\n");
    print_ratio("not saving:", fetched, by_wrk, "wrk");
    print_ratio("saving:", saved, by_curl, "curl -Z");
    print_ratio("--warc:", archived, by_curl, "curl -Z");
    print_ratio("--durable:", durable, on_disk, "saving on disk");
    print_ratio("https, not saving:", fetched_secure, by_wrk_secure, "wrk");
    print_ratio("https, saving:", saved_secure, by_curl_secure, "curl -Z");
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
