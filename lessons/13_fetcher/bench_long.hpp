#pragma once

// Two million pages, with two kills on the way: how fast, in how much memory.

#include "bench_server.hpp"
#include "processes/child_process.hpp"
#include "workbench/process_tree.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace ladder::fetcher::bench {

/// Counts the lines that a file gets, without reading any twice.
class growing_file {
public:
    explicit growing_file(std::string name) : name_(std::move(name)) {}

    std::uint64_t lines() {
        std::ifstream in{name_, std::ios::binary};
        in.seekg(read_);
        std::string block(1 << 20, '\0');
        while (in.read(block.data(), static_cast<std::streamsize>(block.size())),
               in.gcount() > 0) {
            const auto size = in.gcount();
            lines_ += static_cast<std::uint64_t>(
                std::count(block.begin(), block.begin() + size, '\n'));
            read_ += size;
        }
        return lines_;
    }

private:
    std::string name_;
    std::streamoff read_ = 0;
    std::uint64_t lines_ = 0;
};

inline void long_run(const std::string& fetcher, const server& from,
                     std::uint64_t pages) {
    using clock = std::chrono::steady_clock;
    const auto seconds = [](clock::duration d) {
        return std::chrono::duration<double>{d}.count();
    };
    const temporary_folder folder{"bench_fetcher-"};
    const std::string job = folder / "job";
    {
        std::ofstream list{folder / "list"};
        for (std::uint64_t i = 0; i < pages; ++i)
            list << from.url(i) << '\n';
    }
    growing_file results{job + "/results.jsonl"};
    process_tree family;
    const auto memory = [&] {
        std::uint64_t bytes = 0;
        for (const process& one : family.look())
            bytes += memory_of(one);
        return bytes;
    };
    std::uint64_t peak = 0, early = 0; // bytes
    std::array<double, 11> tenths{};   // when each had ended, in seconds of running
    std::size_t tenth = 1;
    double running = 0;
    std::vector<double> until_first; // seconds of each resume until it fetched
    for (std::uint64_t kills = 0;; ++kills) {
        const auto start = clock::now();
        auto run = processes::child_process::spawn(
            kills == 0 ? std::vector<std::string>{fetcher, "-i", folder / "list", "-o",
                                                  job, "-q", "-p", "2"}
                       : std::vector<std::string>{fetcher, "resume", job, "-q"});
        const std::uint64_t before = results.lines();
        const std::uint64_t stop_at = kills < 2 ? pages * (kills + 1) / 3 : pages;
        std::optional<processes::exit_status> ended;
        double first = 0;
        for (std::uint64_t done = before; !ended && done < stop_at;) {
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
            peak = std::max(peak, memory());
            done = results.lines();
            if (first == 0 && done > before) first = seconds(clock::now() - start);
            const double now = running + seconds(clock::now() - start) - first;
            for (; tenth <= 10 && done >= pages * tenth / 10; ++tenth)
                tenths[tenth] = now;
            if (early == 0 && tenth > 1) early = peak;
            if (done >= pages) ended = run.wait();
        }
        running += seconds(clock::now() - start) - first;
        if (kills > 0) until_first.push_back(first);
        if (kills < 2) {
            run.kill(SIGKILL);
            run.wait();
            continue;
        }
        if (!ended || !ended->success()) throw std::runtime_error{"the fetcher failed"};
        break;
    }
    const double rate = static_cast<double>(pages) / 10;
    fmt::print("{} pages from {}, killed and resumed twice\n\n"
               "time                      {:>9.1f} s   (one after the other, 2 s each: "
               "{:.1f} days)\n"
               "first tenth               {:>9.0f} pages/s\n"
               "last tenth                {:>9.0f} pages/s, {:.2f} x the first\n"
               "resumes, until they fetch {:>9.2f} s and {:.2f} s\n"
               "memory after one tenth    {:>9.1f} MB, all processes\n"
               "memory at most            {:>9.1f} MB\n",
               pages, from.name(), running + until_first[0] + until_first[1],
               static_cast<double>(pages) * 2 / 86'400, rate / tenths[1],
               rate / (tenths[10] - tenths[9]), tenths[1] / (tenths[10] - tenths[9]),
               until_first[0], until_first[1], static_cast<double>(early) / 1e6,
               static_cast<double>(peak) / 1e6);
    std::fflush(stdout);
    auto verify =
        processes::child_process::spawn(std::vector<std::string>{fetcher, "verify", job});
    if (!verify.wait().success()) throw std::runtime_error{"verify found something"};
}

} // namespace ladder::fetcher::bench
