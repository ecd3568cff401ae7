// Machines, loader, drainer and database die at random, again and again; in the end every
// URL has its outcome, once, and every page is whole.

#include "cluster.hpp"
#include "fetcher/journal.hpp"
#include "fetcher/sha256.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "job_report.hpp"
#include "machines.hpp"
#include "no_database.hpp"
#include "workbench/demo.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/slow_server.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ladder::beyond_one_machine {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

struct fault_options {
    std::uint64_t faults = 20, urls = 20'000, seed = 1, gone = 2;
    bool galera = false;
};

constexpr std::array<std::string_view, 8> kinds{
    "machine killed",      "machine stopped past its lease",
    "machine told to end", "loader killed",
    "drainer killed",      "database killed",
    "network gone",        "the node that we write to frozen for 9 s"};

/// Keeps all programs of a job running, whatever becomes of them.
class storm {
public:
    storm(const fault_options& o, network* around, cluster& servers,
          const slow_server& pages)
        : options_(o),
          around_(around),
          servers_(servers),
          random_(o.seed),
          database_(loop_.context(), address(servers)) {
        if (around_) possible_.push_back(6);
        if (o.galera) possible_.push_back(7);
        std::ofstream out{servers_.file("list")};
        for (std::uint64_t n = 1; n <= o.urls; ++n)
            out << pages.url(fmt::format("/page/{}?delay=10", n)) << '\n';
        out.close();
        load_.emplace_back(start_load());
        while (true) { // there is a job as soon as the loader has begun
            try {
                look_at_job(database_, "storm");
                break;
            } catch (const std::exception&) {
                if (load_[0].ended()) load_[0] = start_load();
            }
        }
        drain_.emplace_back(start_drain());
        for (int i = 0; i < 3; ++i)
            machines_.push_back(start_machine());
    }

    void run() {
        for (std::uint64_t i = 0; i < options_.faults; ++i) {
            until_done(i * options_.urls / options_.faults);
            inject(possible_[pick(possible_.size())]);
        }
        until_done(options_.urls);
        while (!bring_back())
            status();
        for (member& m : machines_)
            m.what.wait();
        while (drain_[0].wait() != 0)
            drain_[0] = start_drain();
    }

    /// What is wrong; empty: nothing.
    std::vector<std::string> audit() {
        auto wrong = audit_job(database_, "storm", results());
        std::uint64_t given_up = 0;
        fetcher::sha256 digest;
        fetcher::for_each_line(results(), [&](std::string_view line) {
            const auto r = fetcher::parse_record(line);
            if (r && line.find("\"given up: ") != line.npos) {
                ++given_up;
                return;
            }
            if (r) digest.update(slow_server::page_body(r->n));
            if (!r || digest.finish() != r->sha256)
                wrong.push_back(fmt::format("not the page: {}", line));
        });
        if (given_up > 0)
            fmt::print("{} URLs were with three machines that died\n", given_up);
        return wrong;
    }

    const std::map<std::string_view, int>& counts() const { return counts_; }

    job_status status() { return look_at_job(database_, "storm"); }

private:
    struct member {
        machine what;
        std::string name;
        steady_clock::time_point back{}; ///< Stopped or cut off until then; or not.
    };

    static queue_address address(const cluster& servers) {
        auto result = parse_queue_address(servers.url());
        result.password = cluster::password;
        return result;
    }

    std::string results() const { return servers_.file("results"); }

    machine start_load() {
        return machine{list_command("load", servers_, "storm",
                                    {"-i", servers_.file("list"), "--batch", "100",
                                     "--ahead", "50"})}; // so it is there for long
    }

    machine start_drain() {
        return machine{
            list_command("drain", servers_, "storm", {"--results", results()})};
    }

    member start_machine() {
        const std::string name = fmt::format("m{}", ++started_);
        return {machine{fetcher_command(servers_, "storm", name,
                                        {"-p", "1", "-c", "20", "--lease", "1s"}),
                        {.cable = around_ ? around_->new_cable() : 0}},
                name};
    }

    std::size_t pick(std::size_t below) { return random_() % below; }

    /// Whoever has ended before the job did is started again.
    job_status until_done(std::uint64_t urls) {
        for (;;) {
            const auto now = status();
            if (load_[0].ended() && !now.lines) load_[0] = start_load();
            if (now.lines && now.done + now.drained >= *now.lines) return now;
            bring_back();
            for (member& m : machines_)
                if (m.what.ended()) m = start_machine();
            if (drain_[0].ended()) drain_[0] = start_drain();
            if (now.done + now.drained >= urls && urls < options_.urls) return now;
        }
    }

    void inject(std::size_t kind) {
        const bool of_machine = kind < 3 || kind == 6;
        member* const m = of_machine ? busy() : nullptr;
        const bool late = of_machine ? !m : kind == 3 && load_[0].ended();
        ++counts_[late ? "came too late" : kinds[kind]];
        if (late) return;
        switch (kind) {
        case 0: // its power fails
            if (around_) m->what.cut_off();
            m->what.signal(SIGKILL);
            break;
        case 1:
            m->what.signal(SIGSTOP);
            m->back = steady_clock::now() + 2s;
            break;
        case 2:
            m->what.signal(SIGTERM);
            break;
        case 3:
            load_[0].signal(SIGKILL);
            break;
        case 4:
            drain_[0].signal(SIGKILL);
            break;
        case 5:
            database_dies();
            break;
        case 6:
            m->what.cut_off();
            m->back = steady_clock::now() + std::chrono::seconds{options_.gone};
            break;
        default:
            writer_freezes();
            break;
        }
    }

    /// One that has leases to lose, if there will be one before the end of the list.
    member* busy() {
        std::vector<member*> all;
        while (all.empty()) {
            const auto now = until_done(0);
            if (now.lines && now.done + now.drained >= *now.lines) return nullptr;
            for (const auto& seen : now.machines)
                for (member& m : machines_)
                    if (seen.leased > 0 && seen.owner.starts_with(m.name + '/') &&
                        m.back == steady_clock::time_point{})
                        all.push_back(&m);
        }
        return all[pick(all.size())];
    }

    /// Whose time has come. True: nobody is away.
    bool bring_back() {
        bool all = true;
        for (member& m : machines_) {
            if (m.back == steady_clock::time_point{}) continue;
            if (m.back > steady_clock::now()) {
                all = false;
                continue;
            }
            m.back = {};
            m.what.signal(SIGCONT);
            if (around_) m.what.connect();
        }
        return all;
    }

    void database_dies() {
        const std::size_t node = options_.galera ? 1 + pick(3) : 1;
        servers_.kill(node);
        servers_.start(node);
    }

    /// Long enough for the others to go on without it. It comes back by itself, or dies
    /// of what it has missed. Until it is back, no other one may die.
    void writer_freezes() {
        const auto node =
            database_.ask("select cast(@@wsrep_node_name as unsigned)").number(0, 0);
        servers_.freeze(node);
        for (const auto end = steady_clock::now() + 9s; steady_clock::now() < end;)
            status();
        servers_.thaw(node);
        servers_.wait_for(node, database_, loop_.context());
    }

    fault_options options_;
    network* around_; ///< None: machines are process groups.
    cluster& servers_;
    std::mt19937_64 random_;
    std::vector<std::size_t> possible_{0, 1, 2, 3, 4, 5}; ///< Of the kinds.
    fibers_on_asio::event_loop loop_;
    sql database_;
    std::vector<machine> load_, drain_;
    std::vector<member> machines_;
    int started_ = 0;
    std::map<std::string_view, int> counts_;
};

} // namespace

int show_faults(arguments given) {
    fault_options o;
    option_parser options{"faults", "Kills at random, and looks what is left of a list."};
    options.number("--faults", &o.faults, "how many", {0, 100'000});
    options.number("--urls", &o.urls, "in the list", {1, 100'000'000});
    options.number("--seed", &o.seed, "of the random numbers", {0, 1'000'000'000});
    options.number("--gone", &o.gone, "seconds that a network is gone for", {1, 3'600});
    options.flag("--galera", &o.galera, "three database nodes");
    if (const auto ended = options.parse(given)) return *ended;
    const std::size_t nodes = o.galera ? 3 : 1;
    if (there_is_no_database(nodes)) return no_database;
    const auto around = network_around_us();

    const slow_server pages;
    cluster servers{nodes};
    fmt::print("{} URLs, {} faults, seed {}; {}\n", o.urls, o.faults, o.seed,
               servers.version());
    std::fflush(stdout);
    storm all{o, around.get(), servers, pages};
    all.run();
    for (const auto& [kind, count] : all.counts())
        fmt::print("{:4}  {}\n", count, kind);
    fmt::print("{} leases expired\n", all.status().deaths);
    const auto wrong = all.audit();
    for (const std::string& what : wrong)
        fmt::print("{}\n", what);
    if (wrong.empty()) fmt::print("every URL has its outcome, once, and is whole\n");
    return wrong.empty() ? 0 : 1;
}

} // namespace ladder::beyond_one_machine
