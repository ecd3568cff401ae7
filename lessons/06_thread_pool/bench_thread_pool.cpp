// What a Python user has, side by side: empty tasks a second through our pool, through
// asio::thread_pool and through ThreadPoolExecutor, with the same number of threads. The
// Python side is bench_thread_pool.py, with the first python3 in PATH.

#include "thread_pool.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/stopwatch.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>

using seconds = std::chrono::duration<double>;
namespace asio = boost::asio;

namespace {

constexpr const char* script =
    LADDER_BIN_DIR "/../../lessons/06_thread_pool/bench_thread_pool.py";
constexpr int tasks = 200'000;
constexpr int trips = 20'000;

using submit_function = std::function<std::future<int>()>;

double tasks_per_second(const submit_function& submit) {
    std::vector<std::future<int>> receipts;
    receipts.reserve(tasks);
    const ladder::stopwatch watch;
    for (int i = 0; i < tasks; ++i)
        receipts.push_back(submit());
    for (auto& receipt : receipts)
        receipt.get();
    return tasks / seconds{watch.elapsed().wall}.count();
}

double round_trips_per_second(const submit_function& submit) {
    submit().get();
    const ladder::stopwatch watch;
    for (int i = 0; i < trips; ++i)
        submit().get();
    return trips / seconds{watch.elapsed().wall}.count();
}

/// The middle one of three, each with a pool of its own.
template <class Pool, class Submit>
double median(std::size_t threads, double (*measure)(const submit_function&),
              Submit submit) {
    std::array<double, 3> rates{};
    for (double& rate : rates) {
        Pool pool{threads};
        rate = measure([&] { return submit(pool); });
    }
    std::sort(rates.begin(), rates.end());
    return rates[1];
}

/// What bench_thread_pool.py measured; nothing without a python3.
std::optional<double> python(const char* what, std::size_t threads, int count) {
    // In the foreground Ctrl-C reaches it, and no shell comments on its end.
    const auto command = fmt::format("exec timeout --foreground 60 python3 '{}' {} {} {}",
                                     script, what, threads, count);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> output{
        ::popen(command.c_str(), "re"), ::pclose};
    double number = 0;
    if (!output || std::fscanf(output.get(), "%lf", &number) != 1) return {};
    return number;
}

void show(const char* title, const char* what,
          double (*measure)(const submit_function&)) {
    using ours = ladder::thread_pool::thread_pool;
    fmt::print("{:<24}  {:>9}  {:>9}  {:>9}  {:>12}\n", title, "ours", "Asio", "Executor",
               "ours/Executor");
    for (const std::size_t threads : {1, 2, 4, 8}) {
        const double rate = median<ours>(
            threads, measure, [](ours& pool) { return pool.submit([] { return 0; }); });
        const double asio_rate =
            median<asio::thread_pool>(threads, measure, [](asio::thread_pool& pool) {
                return asio::post(pool, asio::use_future([] { return 0; }));
            });
        const auto theirs = python(what, threads, trips);
        fmt::print("{:>2} threads                {:>9.0f}  {:>9.0f}  {:>9}  {:>12}\n",
                   threads, rate, asio_rate,
                   theirs ? fmt::format("{:.0f}", *theirs) : "-",
                   theirs ? fmt::format("{:.0f} ×", rate / *theirs) : "");
        std::fflush(stdout);
    }
}

} // namespace

int main(int argc, char** argv) {
    ladder::option_parser options{"bench_thread_pool",
                                  "The thread pool beside Asio's and Python's."};
    if (const auto status = options.parse(argc, argv)) return *status;
    show("empty tasks a second", "tasks", tasks_per_second);
    fmt::print("\n");
    show("submit one, wait for it", "trips", round_trips_per_second);
}
