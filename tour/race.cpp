#include "race.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace ladder::tour {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds page_timeout = 10s; // on top of its delay

std::chrono::seconds timeout_of_page(const workload& work) {
    return page_timeout + std::chrono::ceil<std::chrono::seconds>(work.delay);
}

void replace(std::string& text, std::string_view what, const std::string& by) {
    if (const auto at = text.find(what); at != text.npos)
        text.replace(at, what.size(), by);
}

/// "http://127.0.0.1:40123/page/7?delay=100" is for the network; people read "page 7".
void shorten(std::string& label) {
    const auto at = label.find("/page/");
    if (at == label.npos) return;
    const auto number = label.substr(at + 6);
    label = "page " + number.substr(0, number.find('?'));
}

std::string failure_of(const measurement& cost, const server_stats& seen,
                       std::size_t pages) {
    if (cost.timed_out) return "it did not end and was killed";
    if (cost.exit_status != 0) return fmt::format("exit status {}", cost.exit_status);
    if (seen.requests != pages || seen.per_target.size() != pages)
        return fmt::format("the server saw {} requests for {} of the {} pages",
                           seen.requests, seen.per_target.size(), pages);
    return {};
}

} // namespace

std::string entry::name() const {
    return fs::path{program}.filename();
}

std::string entry::title() const {
    std::string words = name();
    std::ranges::replace(words, '_', ' ');
    return words;
}

std::vector<entry> read_entries(const fs::path& file) {
    std::vector<entry> result;
    std::ifstream lines{file};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        entry next;
        words >> next.program;
        for (std::string word; words >> word;)
            next.arguments.push_back(word);
        if (!next.program.empty()) result.push_back(std::move(next));
    }
    if (result.empty()) throw std::runtime_error{file.string() + " lists no rung"};
    return result;
}

race::race(const workload& work) : work_(work) {
    std::ofstream list{folder_ / "pages"};
    for (std::size_t n = 1; n <= work.pages; ++n)
        list << server_.url(fmt::format("/page/{}?delay={}", n, work.delay.count()))
             << '\n';
}

std::vector<std::string> race::command(const entry& which) const {
    std::vector<std::string> argv{fs::path{LADDER_BIN_DIR} / which.program};
    const auto processes = std::min(work_.processes, work_.in_flight);
    const auto per_process = work_.in_flight / processes; // never more than asked for
    for (std::string word : which.arguments) {
        replace(word, "{list}", folder_ / "pages");
        replace(word, "{results}", folder_ / "results");
        replace(word, "{in_flight}", std::to_string(work_.in_flight));
        replace(word, "{processes}", std::to_string(processes));
        replace(word, "{per_process}", std::to_string(per_process));
        replace(word, "{timeout}", std::to_string(timeout_of_page(work_).count()));
        argv.push_back(std::move(word));
    }
    return argv;
}

outcome race::run(const entry& which, const std::atomic<bool>& stop) const {
    outcome result{.rung = which};
    const fs::path recorded = folder_ / (which.name() + ".timeline");
    // Twice what the slowest rung may need: a page, and then the next one.
    const auto limit = 2 * static_cast<int>(work_.pages) * work_.delay + 60s;
    fs::remove(recorded); // of a run before this one
    server_.reset_stats();
    try {
        result.cost = measure(command(which),
                              {.stdout_to = folder_ / "output",
                               .environment = {"LADDER_TIMELINE=" + recorded.string()},
                               .timeout = limit,
                               .stop = &stop});
    } catch (const std::system_error& error) {
        result.failure = error.what();
        return result;
    }
    result.seen = server_.stats();
    result.failure = failure_of(result.cost, result.seen, work_.pages);
    if (fs::exists(recorded)) result.intervals = timeline::read(recorded);
    for (auto& each : result.intervals)
        shorten(each.label);
    return result;
}

outcome race::run_in_the_middle(const entry& which, std::size_t runs,
                                const std::atomic<bool>& stop) const {
    std::vector<outcome> all;
    do {
        all.push_back(run(which, stop));
        if (!all.back().failure.empty() || stop) return std::move(all.back());
    } while (all.size() < runs);
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::ranges::nth_element(all, middle, {},
                             [](const outcome& one) { return one.cost.wall; });
    return std::move(*middle);
}

} // namespace ladder::tour
