#include "supervisor.hpp"

#include "processes/child_process.hpp"
#include "processes/pipe.hpp"
#include "worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace ladder::port_scanner {

using processes::child_process;
using std::chrono::steady_clock;

namespace {

constexpr int deaths_until_given_up = 3; // of one part's workers
constexpr std::chrono::milliseconds progress_period{100};

std::vector<std::string> worker_command(const targets& all, const scan_settings& s,
                                        std::uint64_t number) {
    std::vector<std::string> argv{s.program,
                                  "--worker",
                                  fmt::format("{}/{}", number, s.processes),
                                  "--supervisor",
                                  std::to_string(::getpid()),
                                  "-r",
                                  ports_text(all.ports()),
                                  "-c",
                                  std::to_string(s.options.fibers),
                                  "--timeout",
                                  fmt::format("{}ms", s.options.timeout.count())};
    if (s.all) argv.emplace_back("--all");
    for (std::string& network : hosts_text(all.hosts()))
        argv.push_back(std::move(network));
    return argv;
}

/// One part, and the worker process that scans it.
class worker_link {
public:
    worker_link(const targets& all, const scan_settings& settings, std::uint64_t number)
        : size_(part_of(all.size(), number, settings.processes)),
          command_(worker_command(all, settings, number)) {
        start();
    }

    int descriptor() const noexcept { return from_worker_.get(); }

    /// Takes what the worker wrote; replaces it when it was killed. False: the part is
    /// done.
    bool receive() {
        std::array<char, 64 << 10> buffer;
        const ssize_t size = ::read(descriptor(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) return true;
        if (size < 0) throw std::system_error{errno, std::generic_category(), "read"};
        if (size == 0) return !ended();
        bytes_.append(buffer.data(), static_cast<std::size_t>(size));
        std::size_t taken = 0;
        for (record r; bytes_.size() - taken >= sizeof r; taken += sizeof r) {
            std::memcpy(&r, bytes_.data() + taken, sizeof r);
            take(r);
        }
        bytes_.erase(0, taken);
        return true;
    }

    std::uint64_t asked() const noexcept { return asked_; }

    const scan_notes& notes() const noexcept { return notes_; }

    int deaths() const noexcept { return deaths_; }

    /// How many ports are in that state; those that are closed are not counted here.
    std::uint64_t count(port_state state) const noexcept {
        return state == port_state::open ? open_ : filtered_;
    }

    std::vector<found_port> take_sorted() {
        std::ranges::sort(found_, {}, &found_port::index);
        return std::move(found_);
    }

private:
    void start() {
        auto [read, write] = processes::make_pipe();
        worker_.emplace(child_process::spawn(command_, {.output = write.get()}));
        from_worker_ = std::move(read); // our end of `write` closes: its death is the end
    }

    void take(const record& r) {
        switch (r.what) {
        case record::kind::verdict:
            found_.push_back({r.number, {r.state, r.error}});
            open_ += r.state == port_state::open ? 1 : 0;
            filtered_ += r.state == port_state::filtered ? 1 : 0;
            break;
        case record::kind::self_connects:
            notes_.self_connects = r.number;
            break;
        case record::kind::waits:
            notes_.waits = r.number;
            break;
        case record::kind::complete:
            complete_ = true;
            [[fallthrough]];
        case record::kind::so_far:
            asked_ = r.number;
            break;
        case record::kind::failed:
            throw std::system_error{r.error, std::generic_category(), "in a worker"};
        }
    }

    /// True when the worker had finished. Half a part is none: it is scanned again.
    bool ended() {
        from_worker_.reset();
        const auto status = worker_->wait();
        if (complete_ && asked_ == size_.last - size_.first) return true;
        if (status.exited() || ++deaths_ == deaths_until_given_up)
            throw std::runtime_error{
                fmt::format("a worker {}", processes::describe(status))};
        found_.clear();
        bytes_.clear();
        asked_ = open_ = filtered_ = 0;
        start();
        return false;
    }

    part size_;
    std::vector<std::string> command_;
    std::optional<child_process> worker_;
    processes::unique_fd from_worker_;
    std::string bytes_; ///< Of a record that is not whole yet.
    std::vector<found_port> found_;
    std::uint64_t open_ = 0;
    std::uint64_t filtered_ = 0;
    scan_notes notes_;
    std::uint64_t asked_ = 0;
    bool complete_ = false;
    int deaths_ = 0;
};

scan_result sum(const std::vector<worker_link>& workers) {
    scan_result result{.processes = workers.size()};
    for (const worker_link& w : workers) {
        result.open += w.count(port_state::open);
        result.filtered += w.count(port_state::filtered);
        result.asked += w.asked();
        result.notes.self_connects += w.notes().self_connects;
        result.notes.waits += w.notes().waits;
        result.workers_lost += static_cast<std::uint64_t>(w.deaths());
    }
    result.asked = std::max(result.asked, result.open + result.filtered);
    return result;
}

} // namespace

scan_result
scan_in_processes(const targets& all, const scan_settings& given,
                  const std::function<void(const scan_result&)>& on_progress) {
    const auto start = steady_clock::now();
    scan_settings settings = given;
    settings.processes = std::clamp<std::uint64_t>(given.processes, 1, all.size());
    std::vector<worker_link> workers;
    workers.reserve(settings.processes);
    for (std::uint64_t i = 0; i < settings.processes; ++i)
        workers.emplace_back(all, settings, i);

    std::vector<pollfd> waiting(workers.size()); // those that are done have -1
    for (std::size_t i = 0; i < workers.size(); ++i)
        waiting[i] = {.fd = workers[i].descriptor(), .events = POLLIN, .revents = 0};
    auto next_progress = start + progress_period;
    for (std::size_t left = workers.size(); left > 0;) {
        const int ready = ::poll(waiting.data(), waiting.size(),
                                 static_cast<int>(progress_period.count()));
        if (ready < 0 && errno != EINTR)
            throw std::system_error{errno, std::generic_category(), "poll"};
        for (std::size_t i = 0; ready > 0 && i < workers.size(); ++i) {
            if (waiting[i].revents == 0) continue;
            left -= workers[i].receive() ? 0 : 1;
            waiting[i].fd = workers[i].descriptor(); // of another one, or none
        }
        if (!on_progress || steady_clock::now() < next_progress) continue;
        next_progress += progress_period;
        scan_result so_far = sum(workers);
        so_far.elapsed = steady_clock::now() - start;
        on_progress(so_far);
    }

    scan_result result = sum(workers);
    result.elapsed = steady_clock::now() - start;
    for (worker_link& w : workers) { // the parts are in order, and so is each of them
        const auto part = w.take_sorted();
        result.ports.insert(result.ports.end(), part.begin(), part.end());
    }
    return result;
}

} // namespace ladder::port_scanner
