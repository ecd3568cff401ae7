#include "worker.hpp"

#include "fibers_on_asio/event_loop.hpp"
#include "processes/pipe.hpp"
#include "workbench/machine_limits.hpp"

#include <chrono>
#include <csignal>
#include <string>
#include <system_error>
#include <utility>

#include <sys/prctl.h>
#include <unistd.h>

namespace ladder::port_scanner {

using std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds report_period{100};

class reporter {
public:
    void add(const record& r) {
        records_.append(reinterpret_cast<const char*>(&r), sizeof r);
    }

    void flush() {
        if (const auto error =
                processes::write_all(STDOUT_FILENO, std::exchange(records_, {})))
            throw std::system_error{error, "nobody listens to this worker"};
        next_ = steady_clock::now() + report_period;
    }

    bool due() const { return steady_clock::now() >= next_; }

private:
    std::string records_;
    steady_clock::time_point next_ = steady_clock::now() + report_period;
};

} // namespace

int run_worker(const worker_settings& settings, const targets& all,
               const scan_options& options) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a worker never outlives its supervisor
    if (::getppid() != settings.supervisor) return 1; // it died before we asked for that
    std::signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();

    const part own = part_of(all.size(), settings.number, settings.workers);
    reporter report;
    std::uint64_t done = 0;
    try {
        fibers_on_asio::event_loop loop;
        const auto tell = [&](std::uint64_t index, const verdict& v) {
            ++done;
            if (settings.all || v.state != port_state::closed)
                report.add({index, v.error, record::kind::verdict, v.state});
            if (!report.due()) return;
            report.add({.number = done, .what = record::kind::so_far});
            report.flush();
        };
        const scan_notes notes = scan(loop, all, own, options, tell);
        report.add({.number = notes.self_connects, .what = record::kind::self_connects});
        report.add({.number = notes.waits, .what = record::kind::waits});
        report.add({.number = done, .what = record::kind::complete});
    } catch (const std::system_error& error) {
        report.add({.error = error.code().value(), .what = record::kind::failed});
    }
    report.flush();
    return 0;
}

} // namespace ladder::port_scanner
