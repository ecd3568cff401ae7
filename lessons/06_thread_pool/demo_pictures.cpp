// A pool that computes: pictures become PNG files.

#include "thread_pool.hpp"
#include "workbench/pictures.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <numeric>
#include <string>

namespace ladder::thread_pool {

namespace {

constexpr double megabyte = 1e6;

} // namespace

/// Compresses the pictures of some folders, and prints what that took.
int show_pictures() {
    const temporary_folder where;
    const auto paths = draw_pictures(where.path(), 4, 6);
    std::size_t before = 0;
    for (const std::string& path : paths)
        before += std::filesystem::file_size(path);
    fmt::print("{} pictures in 4 folders, {:.1f} MB\n\n{:>7}  {:>8}  {:>8}  {:>8}  "
               "{:>10}\n",
               paths.size(), static_cast<double>(before) / megabyte, "threads", "time",
               "CPU", "faster", "compressed");
    double alone = 0;
    for (const std::size_t threads : {1, 2}) {
        const stopwatch watch;
        // [pictures]
        thread_pool pool{threads};
        const auto sizes = pool.map(paths, compress_picture);
        pool.finish();
        // [/pictures]
        const usage cost = watch.elapsed();
        const double wall = seconds(cost.wall);
        if (threads == 1) alone = wall;
        const auto after = std::reduce(sizes.begin(), sizes.end());
        fmt::print("{:>7}  {:>6.2f} s  {:>6.2f} s  {:>6.2f} ×  {:>7.1f} MB\n", threads,
                   wall, seconds(cost.cpu), alone / wall,
                   static_cast<double>(after) / megabyte);
    }
    return 0;
}

} // namespace ladder::thread_pool
