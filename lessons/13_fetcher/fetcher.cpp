#include "fetcher.hpp"

#include "fibers_on_asio/event_loop.hpp"
#include "supervisor.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace ladder::fetcher {

namespace fs = std::filesystem;

namespace {

class span_source : public url_source {
public:
    explicit span_source(std::span<const std::string> urls) : rest_(urls) {}

    std::optional<task> next() override {
        if (rest_.empty()) return {};
        const std::string& url = rest_.front();
        rest_ = rest_.subspan(1);
        return task{id_++, url};
    }

    void close() noexcept override { rest_ = {}; }

private:
    std::span<const std::string> rest_;
    std::uint64_t id_ = 0;
};

} // namespace

std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options) {
    std::vector<page> pages(urls.size());
    if (urls.empty()) return pages;

    const std::size_t in_flight = std::max<std::size_t>(options.in_flight, 1);
    const std::size_t processes = in_flight % 2 == 0 ? 2 : 1;
    const temporary_folder folder;
    fibers_on_asio::event_loop loop;
    supervisor workers{
        loop,
        {.program = LADDER_BIN_DIR "/fetcher",
         .processes = processes,
         .worker = {.concurrency = static_cast<std::uint32_t>(in_flight / processes),
                    .timeout = options.timeout,
                    .connect_timeout = options.timeout,
                    .max_bytes = options.max_body,
                    .user_agent = "concurrency-ladder/1",
                    .folder = folder.path()},
         .ahead = false}};
    span_source source{urls};
    workers.run(source, [&](const task& t, const outcome& o, auto, const std::string&) {
        page& p = pages[t.id];
        p = {.url = t.url, .status = o.status, .error = o.error, .elapsed = o.elapsed};
        if (o.file.empty()) return;
        std::ifstream saved{folder.path() + '/' + o.file, std::ios::binary};
        p.body.assign(std::istreambuf_iterator<char>{saved}, {});
    });
    return pages;
}

} // namespace ladder::fetcher
