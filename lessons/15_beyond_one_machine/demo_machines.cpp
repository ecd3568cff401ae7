// Two machines fetch one list, and one of them is killed in the middle; with `cluster`
// also the database node that they write to.

#include "cluster.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/yield.hpp"
#include "machines.hpp"
#include "no_database.hpp"
#include "queue.hpp"
#include "workbench/demo.hpp"
#include "workbench/slow_server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ladder::beyond_one_machine {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t pages = 3'000;
constexpr std::size_t batch_size = 250;

struct lease {
    std::string owner;
    std::uint64_t fence = 0;
    steady_clock::time_point since{};
};

struct past_lease {
    std::uint64_t first = 0;
    lease what;
    steady_clock::time_point until;
};

/// A row for each batch. What a dead machine has is drawn thin: nobody works on it.
std::string draw(const std::vector<past_lease>& history, steady_clock::time_point death) {
    constexpr double width = 60;
    auto begin = steady_clock::time_point::max(), end = steady_clock::time_point::min();
    for (const past_lease& l : history) {
        begin = std::min(begin, l.what.since);
        end = std::max(end, l.until);
    }
    std::map<std::uint64_t, std::vector<std::string_view>> rows;
    const auto column = [&](steady_clock::time_point time) {
        return static_cast<std::size_t>(width *
                                        std::chrono::duration<double>(time - begin) /
                                        std::chrono::duration<double>(end - begin));
    };
    for (const past_lease& l : history) {
        auto& row = rows[l.first];
        row.resize(static_cast<std::size_t>(width) + 1, " ");
        const bool a = l.what.owner == "A";
        for (std::size_t c = column(l.what.since); c <= column(l.until); ++c)
            row[c] = a ? "█" : c > column(death) ? "─" : "▒";
    }
    std::string text;
    for (auto& [first, row] : rows) {
        while (row.back() == " ")
            row.pop_back();
        text += fmt::format("{:4}  {}\n", first, fmt::join(row, ""));
    }
    const double seconds = std::chrono::duration<double>(end - begin).count();
    return text +
           fmt::format("      0 s{:>56.1f} s\n"
                       "█ machine A   ▒ machine B   ─ leased by B, which is dead\n",
                       seconds);
}

/// Looks at the table of leases as fast as it can, and notes who has what, and since
/// when.
class observer {
public:
    observer(fibers_on_asio::event_loop& loop, const cluster& at)
        : loop_(loop),
          database_(loop.context(), with_password(at)),
          job_(find_job(database_, "june")) {}

    void look() {
        const auto now = steady_clock::now();
        const auto seen = database_.ask(
            "select first, state, fence, owner from lease where job = ?", {job_});
        std::map<std::uint64_t, lease> had = std::exchange(now_, {});
        done_ = 0;
        for (std::size_t i = 0; i < seen.rows.size(); ++i) {
            const auto first = seen.number(i, 0), fence = seen.number(i, 2);
            const std::string& state = seen.rows[i][1];
            const std::string owner =
                seen.rows[i][3].substr(0, seen.rows[i][3].find('/'));
            done_ += state == "done" || state == "drained" ? 1 : 0;
            redelivered_ += fence > fences_[first] && fence > 1 ? 1 : 0;
            fences_[first] = fence;
            if (state != "leased") continue;
            const auto before = had.find(first);
            const bool same = before != had.end() && before->second.fence == fence;
            now_[first] = same ? before->second : lease{owner, fence, now};
            if (same) had.erase(before);
        }
        for (const auto& [first, l] : had)
            history_.push_back({first, l, now});
        if (done_ != done_before_) {
            longest_pause_ = std::max(longest_pause_, now - last_done_);
            last_done_ = now;
        }
        done_before_ = done_;
        boost::asio::steady_timer pause{loop_.context(), 10ms};
        pause.async_wait(fibers_on_asio::yield);
    }

    std::size_t done() const { return done_; }

    std::size_t redelivered() const { return redelivered_; }

    std::chrono::duration<double> longest_pause() const { return longest_pause_; }

    std::size_t had_by(const std::string& machine) const {
        std::size_t count = 0;
        for (const auto& [first, l] : now_)
            count += l.owner == machine ? 1 : 0;
        return count;
    }

    const std::vector<past_lease>& history() const { return history_; }

private:
    static queue_address with_password(const cluster& at) {
        auto address = parse_queue_address(at.url());
        address.password = cluster::password;
        return address;
    }

    fibers_on_asio::event_loop& loop_;
    sql database_;
    std::uint64_t job_;
    std::map<std::uint64_t, lease> now_;
    std::map<std::uint64_t, std::uint64_t> fences_;
    std::size_t done_ = 0, done_before_ = 0, redelivered_ = 0;
    steady_clock::time_point last_done_ = steady_clock::now();
    steady_clock::duration longest_pause_{};
    std::vector<past_lease> history_;
};

int show(std::size_t nodes) {
    if (there_is_no_database(nodes)) return no_database;
    const auto around = network_around_us();
    fmt::print("starting {}\n",
               nodes == 1 ? "a private MariaDB" : "three nodes of Galera");
    std::fflush(stdout);
    cluster database{nodes};
    fmt::print("{}\n", database.version());
    const slow_server server;
    const std::string list = database.file("urls.txt"),
                      results = database.file("results.jsonl");
    std::ofstream out{list};
    for (const std::string& url : server.pages(pages, 40ms))
        out << url << '\n';
    out.close();

    fmt::print("$ fetch_list load --job june -i urls.txt --batch {}\n", batch_size);
    fmt::print("{}", run_to_end(list_command(
                         "load", database, "june",
                         {"-i", list, "--batch", std::to_string(batch_size)})));
    std::fflush(stdout);
    const std::string said = database.file("said");
    machine drain{list_command("drain", database, "june", {"--results", results}),
                  {.output = said}};
    const std::vector<std::string> more{"-p", "1", "-c", "40", "--lease", "1s"};
    fibers_on_asio::event_loop loop;
    observer eye{loop, database};
    const auto cable = [&] { return around ? around->new_cable() : 0; };
    machine b{fetcher_command(database, "june", "B", more), {.cable = cable()}};
    while (eye.had_by("B") == 0)
        eye.look();
    machine a{fetcher_command(database, "june", "A", more), {.cable = cable()}};
    const std::size_t batches = pages / batch_size;
    while (eye.done() < batches / 3 || (eye.had_by("B") == 0 && eye.done() < batches))
        eye.look();
    const std::size_t lost = eye.had_by("B");
    if (b.has_cable()) b.cut_off(); // no end of a connection tells of its death
    b.signal(SIGKILL);
    const auto death = steady_clock::now();
    fmt::print("{} of {} batches are done; machine B is killed, with {} in hand\n",
               eye.done(), batches, lost);
    if (nodes > 1) {
        database.kill(1);
        fmt::print("and so is the node that everybody writes to\n");
    }
    std::fflush(stdout);
    while (eye.done() < batches)
        eye.look();
    eye.look();
    const int status = a.wait();
    if (drain.wait() != 0) {
        std::ifstream in{said};
        throw std::runtime_error{"the drain: " +
                                 std::string{std::istreambuf_iterator<char>{in}, {}}};
    }
    fmt::print("machine A has ended with status {}\n\n", status);
    fmt::print("{}\n", draw(eye.history(), death));
    fmt::print("{} batches were leased a second time; the web server saw {} requests for "
               "{} pages\n",
               eye.redelivered(), server.stats().requests, pages);
    if (nodes > 1)
        fmt::print("for {:.1f} s nothing was acknowledged\n",
                   eye.longest_pause().count());
    fmt::print(
        "$ fetch_list audit --job june --results results.jsonl\n{}",
        run_to_end(list_command("audit", database, "june", {"--results", results})));
    return status;
}

} // namespace

int show_machines() {
    return show(1);
}

int show_cluster() {
    return show(3);
}

} // namespace ladder::beyond_one_machine
